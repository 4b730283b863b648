"""The command line: options, wiring and printing; no logic. One module a command."""

import gc
import os
import signal
import sys

from maillogdiag.cli.output import EXIT_FAILED, EXIT_SIGNALLED, complain
from maillogdiag.errors import MaillogdiagError

_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def main() -> None:
    """Run the command line; a user's error is one sentence on stderr and exit code 2, never a traceback."""
    # Next to nothing here is garbage in cycles, and looking for it takes a tenth of the time of a small log.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        # Imported only now, since most of it is looked for while modules are imported.
        from maillogdiag.cli.commands import app

        app()
    except MaillogdiagError as error:
        complain(str(error))
        sys.exit(EXIT_FAILED)
    except KeyboardInterrupt:
        sys.exit(EXIT_SIGNALLED + signal.SIGINT)
    except BrokenPipeError:
        # The reader (`head`, a pager) has seen enough; keep the interpreter from writing once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)
    finally:
        gc.freeze()  # what is left needs no search: the process ends
