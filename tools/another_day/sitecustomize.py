"""For `make test-on-day`: libfaketime 0.9.10 breaks `time.sleep` (absolute waits); wait in another way."""  # noqa: INP001

import threading
import time


def _sleep(seconds: float) -> None:
    threading.Event().wait(seconds)


time.sleep = _sleep
