"""`python -m radtune_tools` is the command, for where no script can be put on the path."""

import sys

from radtune_tools.main import main

sys.exit(main())
