"""A ConnectWise PSA that only gives pages of tickets, rendered before it says that it is ready.

Usage: server.py TICKETS PAGE_SIZE [MILLISECONDS]    prints its address on one line, then serves until its input ends.

It takes pages after an id (`pageId`), by number (`page`), within bounds of ids and after a time of change, as ConnectWise
does. With MILLISECONDS each answer comes so much later, as from far away.

It is deliberately dumb and quick, so that it is not what is measured: one thread per connection, each answer one send.
"""

import json
import random
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

COMPANIES = 300
SUMMARIES = [
    "Printer on floor 2 does not print",
    "New starter: account, laptop and mailbox",
    "Outlook asks for the password again and again",
    "Backup of SRV-FILE01 failed: snapshot could not be created",
    "VPN drops every hour",
    "Quarterly maintenance window",
    "Disk space on SRV-SQL02 below 10 %",
    "Müller, Zoë: shared mailbox “Einkauf”",
]
BOARDS = [(1, "Help Desk"), (2, "Proactive Services"), (3, "NOC Alerts"), (4, "Professional Services")]
TYPES = [(10, "Incident"), (11, "Request"), (12, "Alert"), (13, "Maintenance"), (14, "Security")]
SUB_TYPES = ["Workstation", "Server", "Network", "Mail", "Line of business"]
STATUSES = ["New", "In Progress", "Waiting Customer", "Scheduled", ">Closed"]
PRIORITIES = [(4, "Priority 1", "Critical"), (5, "Priority 2", "High"), (6, "Priority 3", "Medium")]
START = datetime(2025, 1, 1, tzinfo=UTC)
# What stands in a real ticket and nobody of us reads: the decoder has to skip it.
FILLER = [
    "addressLine1",
    "addressLine2",
    "city",
    "stateIdentifier",
    "zip",
    "contactName",
    "contactPhoneNumber",
    "contactEmailAddress",
    "severity",
    "impact",
    "externalXRef",
    "poNumber",
    "billingMethod",
    "subBillingMethod",
    "billTime",
    "billExpenses",
    "billProducts",
    "mobileGuid",
]


def _when(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket(number: int, dice: random.Random) -> dict[str, Any]:
    """One ticket of about two kilobytes, shaped as the vendor's documentation has it."""
    entered = START + timedelta(seconds=number * 311 % 56_000_000)
    closed = dice.random() < 0.9
    company = dice.randrange(1, COMPANIES + 1)
    board, kind, priority = dice.choice(BOARDS), dice.choice(TYPES), dice.choice(PRIORITIES)
    host = "https://api-na.myconnectwise.net/v2025_1/apis/3.0/"
    return {
        "id": number,
        "summary": f"{dice.choice(SUMMARIES)} ({number % 9973})",
        "recordType": "ServiceTicket",
        "board": {
            "id": board[0],
            "name": board[1],
            "_info": {"board_href": f"{host}/service/boards/{board[0]}"},
        },
        "status": {
            "id": 5,
            "name": dice.choice(STATUSES),
            "Sort": 3,
            "_info": {"status_href": f"{host}/statuses/5"},
        },
        "company": {
            "id": company,
            "identifier": f"Company{company}",
            "name": f"Company {company} Ltd",
            "_info": {"company_href": f"{host}/company/companies/{company}"},
        },
        "type": {"id": kind[0], "name": kind[1], "_info": {"type_href": f"{host}/service/types/{kind[0]}"}},
        "subType": {
            "id": 77,
            "name": dice.choice(SUB_TYPES),
            "_info": {"subType_href": f"{host}/subtypes/77"},
        },
        "owner": {"id": 9, "identifier": f"tech{number % 23}", "name": "A Technician"},
        "priority": {"id": priority[0], "name": priority[1], "sort": 2, "level": priority[2]},
        "source": {"id": 2, "name": "Email Connector"},
        "agreement": {"id": company * 10, "name": "Managed Services", "type": "MSA"} if company % 3 else None,
        "closedDate": _when(entered + timedelta(hours=30)) if closed else None,
        "closedFlag": closed,
        "actualHours": round(dice.random() * 4, 2),
        "dateResolved": _when(entered + timedelta(hours=28)) if closed else None,
        "dateResponded": _when(entered + timedelta(minutes=40)),
        "respondByGoalUTC": _when(entered + timedelta(hours=1)),
        "resolutionGoalUTC": _when(entered + timedelta(hours=32)),
        "isInSla": number % 7 != 0,
        "sla": {"id": 3, "name": "Standard SLA"},
        "parentTicketId": number - 1 if number % 50 == 0 else None,
        **{name: f"{name} {number % 97}" for name in FILLER},
        "_info": {"lastUpdated": _when(entered + timedelta(hours=31)), "dateEntered": _when(entered)},
    }


NOW = format_datetime(datetime(2026, 11, 22, tzinfo=UTC), usegmt=True)


@dataclass
class Data:
    """All tickets as JSON, and all pages by number as complete answers: head and body."""

    size: int
    seconds: float
    records: list[bytes]
    pages: list[bytes]


def render(tickets: int, size: int, seconds: float) -> Data:
    """Everything, before the first question."""
    dice = random.Random(7)  # noqa: S311 - the same data each time
    records = [
        json.dumps(ticket(number, dice), separators=(",", ":")).encode() for number in range(1, tickets + 1)
    ]
    pages = []
    for first in range(1, tickets + 1, size):
        last = min(first + size, tickets + 1)
        body = b"[" + b",".join(records[first - 1 : last - 1]) + b"]"
        link = 'Link: <https://elsewhere.example/next>; rel="next"\r\n' if last <= tickets else ""
        head = f"HTTP/1.1 200 OK\r\nDate: {NOW}\r\nContent-Type: application/json\r\n{link}"
        pages.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return Data(size, seconds, records, pages)


def _small(body: bytes, status: HTTPStatus = HTTPStatus.OK) -> bytes:
    return f"HTTP/1.1 {status} {status.phrase}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


COMPANY_INFO = _small(b'{"Codebase":"v2025_1/","IsCloud":false,"CompanyID":"bench"}')
NOTHING = _small(b'{"message":"no such thing"}', HTTPStatus.NOT_FOUND)
EMPTY = _small(b"[]")
PAGE_ID = re.compile(rb"[?&]pageId=(\d+)")
PAGE = re.compile(rb"[?&]page=(\d+)")
ASKED = re.compile(rb"[?&]pageSize=(\d+)")
LOW, HIGH = re.compile(r"id >= (\d+)"), re.compile(r"id < (\d+)")
CHANGED_ONLY = re.compile(r"^lastUpdated > \[")
ONE_IN = 100  # so many tickets of a hundred have changed since the time that a delta asks for


def answer(target: bytes, data: "Data") -> bytes:
    """The answer for a request's target."""
    if target.startswith(b"/login/companyinfo/"):
        return COMPANY_INFO
    if b"/service/tickets?" not in target:
        return NOTHING
    conditions = parse_qs(urlsplit(target.decode()).query).get("conditions", [""])[0]
    size = int(found[1]) if (found := ASKED.search(target)) else data.size
    after = int(found[1]) if (found := PAGE_ID.search(target)) else 0
    if CHANGED_ONLY.search(conditions):
        changed = [
            record
            for place, record in enumerate(data.records, start=1)
            if place % ONE_IN == 0 and place > after
        ]
        return whole(changed[:size])
    if b"orderBy=" in target:
        return whole(data.records[-1:] if b"desc" in target else data.records[:1])
    low, high = LOW.search(conditions), HIGH.search(conditions)
    if low or high:
        first = max(int(low[1]) if low else 1, after + 1)
        last = min(int(high[1]) if high else len(data.records) + 1, first + size)
        return whole(data.records[first - 1 : max(first, last) - 1])
    number = int(found[1]) - 1 if (found := PAGE.search(target)) else after // data.size
    return data.pages[number] if number < len(data.pages) else EMPTY


def whole(records: list[bytes]) -> bytes:
    """An answer with these records."""
    body = b"[" + b",".join(records) + b"]"
    head = f"HTTP/1.1 200 OK\r\nDate: {NOW}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def serve(connection: socket.socket, data: "Data") -> None:
    """Answer one connection's requests, one after the other."""
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                received = connection.recv(65536)
                if not received:
                    return
                waiting += received
            head, _, waiting = waiting.partition(b"\r\n\r\n")
            reply = answer(head.split(b" ", 2)[1], data)
            if data.seconds:
                time.sleep(data.seconds)
            connection.sendall(reply)


def main(tickets: int, size: int, milliseconds: int = 0) -> None:
    """Render, listen, say where."""
    data = render(tickets, size, milliseconds / 1000)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
        sys.stdout.flush()

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection, data), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        sys.stdin.read()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
