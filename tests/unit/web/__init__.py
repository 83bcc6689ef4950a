"""radtune-web in the process of the tests: its pages by Flask's test client, on real stores."""
