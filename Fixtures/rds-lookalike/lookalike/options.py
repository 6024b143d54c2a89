"""The options of `start`."""

import argparse
import re

DEFAULT_NAME = "demo.abcdefghijkl.eu-west-2.rds.amazonaws.com"
LONGEST_NAME = 63  # bytes PostgreSQL keeps of a role's or a database's name


def _role(text):
    if not 0 < len(text.encode()) <= LONGEST_NAME or any(ord(letter) < 32 for letter in text):
        raise argparse.ArgumentTypeError("a name has 1 to 63 bytes and no control characters")
    return text


def _host(text):
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,253}", text):
        raise argparse.ArgumentTypeError("not a host name")
    return text


def _pair(text, mark):
    left, found, right = text.partition(mark)
    if not left or not found:
        raise argparse.ArgumentTypeError(f"not of the form A{mark}B")
    return left, right


def _password_user(text):
    name, password = _pair(text, ":")
    return _role(name), _role(password)


def endpoint(text):
    """(host, port) from HOST:PORT; (host, None) from HOST alone."""
    host, found, port = text.rpartition(":")
    if not found or text.endswith("]"):
        return text, None
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise argparse.ArgumentTypeError("the port is not a number from 1 to 65535")
    return host, int(port)


def parse(arguments):
    """The options, with their defaults; prints usage and exits with 2 when they are wrong."""
    parser = argparse.ArgumentParser(
        prog="start", description="Starts an RDS look-alike, prints one JSON line, stops when interrupted."
    )
    add = parser.add_argument
    add("--user", action="append", type=_role, default=[], help="IAM user: a role in rds_iam")
    add("--plain-user", action="append", type=_role, default=[], help="role outside rds_iam, without a password")
    add("--password-user", action="append", type=_password_user, default=[], metavar="NAME:PASSWORD")
    add("--database", action="append", type=_role, default=[], help="further database beside postgres")
    add("--name", action="append", type=_host, default=[], help=f"host name it answers to (default {DEFAULT_NAME})")
    add("--endpoint", action="append", type=endpoint, default=[], metavar="HOST[:PORT]", help="also signed for")
    add("--region", default="eu-west-2")
    add("--credentials", metavar="FILE", help="shared-credentials file of the accounts it knows (default: makes one)")
    add("--clock-shift", type=float, default=0, metavar="SECONDS", help="moves the judge's clock")
    add("--listen", type=int, metavar="PORT", help="port (default: a free one)")
    add("--postgres-option", action="append", type=lambda text: _pair(text, "="), default=[], metavar="NAME=VALUE")
    add("--replication", action="store_true", help="takes tokens for replication, too")
    add("--standby", action="store_true", help="a hot standby, which waits for a primary that never comes")
    add("--restart", action="store_true", help="starts PostgreSQL again, on the same port, when it is killed")
    add("--cache", metavar="DIR", help="keeps an empty data folder there, so that the next start is quicker")
    add("--write-env", metavar="FILE", help="also writes the facts as shell variables")
    add("--until-stdin-closes", action="store_true", help="also stops when standard input ends")
    add("--while-pid", type=int, metavar="PID", help="also stops when this process ends")
    options = parser.parse_args(arguments)
    options.name = options.name or [DEFAULT_NAME]
    return options
