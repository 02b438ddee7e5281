"""MongoDB and what is built straight on it; the only floor that imports a MongoDB driver.

Motor reads the size of its one thread pool from the environment when it is imported, and an
open change stream holds a thread: with the default of five a core a few streams stall every
query of the process. Setting that default here, before any module of the package can import
Motor, is the one effect at import the code base allows.
"""

import os

os.environ.setdefault("MOTOR_MAX_WORKERS", "64")
