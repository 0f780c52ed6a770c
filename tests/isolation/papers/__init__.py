"""A service that is not ours: papers, which their authors let others read or edit. Its tests are in ``checks.py``."""
