"""`python -m radtune_tools` runs the command, if no script can be put on the path."""

import sys

from radtune_tools.main import main

sys.exit(main())
