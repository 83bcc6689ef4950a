"""The parts of docs/ that are made from the code: `make manual` makes them anew, and a test holds the pages to them."""
