"""``python -m tenantstore``."""

import sys

from tenantstore.cli import main

sys.exit(main())
