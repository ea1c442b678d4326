"""target-seh-sql that kills itself when it comes to a point for the n-th time: POINT N OPTIONS..."""

import os
import signal
import sys

from sqlalchemy import event
from sqlalchemy.engine import Engine

from target_seh_sql.cli import main
from target_seh_sql.load.dialects import mariadb, postgresql, sqlite
from target_seh_sql.target import TargetSehSql

DIALECTS = (sqlite, postgresql, mariadb)


class Bomb:
    """Goes off, as SIGKILL, when the point is reached for the n-th time."""

    def __init__(self, left):
        self.left = left

    def tick(self, *_arguments, **_options):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Rows(list):
    """Rows of a batch, with a bomb in their middle."""

    bomb = None

    def __iter__(self):
        for index, row in enumerate(super().__iter__()):
            if index == len(self) // 2:
                self.bomb.tick()
            yield row


def _in_the_middle_of_staging(bomb):
    for module in DIALECTS:

        def stage(connection, sql, rows, real=module.stage):
            rows = Rows(rows)
            rows.bomb = bomb
            real(connection, sql, rows)

        module.stage = stage


def _after_a_merge(bomb):
    for module in DIALECTS:

        def merge(*arguments, real=module.merge):
            merged = real(*arguments)
            bomb.tick()
            return merged

        module.merge = merge


def _between_commit_and_state(bomb):
    real = TargetSehSql._write_state_message

    def write(target, state):
        bomb.tick()
        real(target, state)

    TargetSehSql._write_state_message = write


def _after_a_state(bomb):
    real = TargetSehSql._write_state_message

    def write(target, state):
        real(target, state)
        bomb.tick()

    TargetSehSql._write_state_message = write


POINTS = {
    "before a statement (DDL too)": lambda bomb: event.listen(Engine, "before_cursor_execute", bomb.tick),
    "after a statement (DDL too)": lambda bomb: event.listen(Engine, "after_cursor_execute", bomb.tick),
    "in the middle of staging": _in_the_middle_of_staging,
    "after a merge": _after_a_merge,
    "before a commit": lambda bomb: event.listen(Engine, "commit", bomb.tick),
    "between commit and STATE": _between_commit_and_state,
    "after a STATE": _after_a_state,
}

if __name__ == "__main__":
    POINTS[sys.argv[1]](Bomb(int(sys.argv[2])))
    main(sys.argv[3:])
