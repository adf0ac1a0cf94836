"""What goes wrong in the shop, in the words of the libraries that would say it."""

from typing import NamedTuple


class Fault(NamedTuple):
    """How a step fails, and after how many seconds; None: after as long as it usually takes."""

    text: str
    seconds: float | None = None


READ_TIMEOUT = Fault(
    """\
Traceback (most recent call last):
  File "urllib3/connectionpool.py", line 534, in _make_request
    response = conn.getresponse()
               ^^^^^^^^^^^^^^^^^^
  File "http/client.py", line 1378, in getresponse
    response.begin()
TimeoutError: The read operation timed out

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "shop/jobs/sync_crm.py", line 47, in sync_crm
    contact = await step.run("fetch-contact", lambda: crm.contact(email))
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "shop/clients/crm.py", line 112, in contact
    answer = self.session.get(f"/v3/contacts/{email}", timeout=10)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='crm.example.com', port=443): Read timed out. (read timeout=10)""",  # noqa: E501 - a traceback is quoted as it is
    10,
)
BAD_PRICE = Fault("""\
Import failed in row 1841: could not convert string to float: '12,90'
Traceback (most recent call last):
  File "shop/jobs/import_products.py", line 88, in import_products
    price = parse_price(row["price"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^
  File "shop/jobs/import_products.py", line 31, in parse_price
    return float(text)
           ^^^^^^^^^^^
ValueError: could not convert string to float: '12,90'""")
KEY_ERROR = Fault("""\
Traceback (most recent call last):
  File "shop/jobs/generate_invoice.py", line 64, in generate_invoice
    rows = [line(item, customer["vat_id"]) for item in order.items]
                       ~~~~~~~~^^^^^^^^^^
KeyError: 'vat_id'""")

CARD_DECLINED = Fault("Step authorise failed: card_declined: insufficient_funds")
GATEWAY = Fault("Step authorise failed: payment gateway did not answer in 30 s", 30)
GREYLISTED = Fault("SMTP 451 4.7.1 Greylisted, try again later")
MAILBOX = Fault("SMTP 550 5.1.1 <unknown@example.com>: Recipient address rejected: User unknown")
UNAVAILABLE = Fault("503 Service Unavailable")
READ_ONLY = Fault("index is read-only\n(try again)")
MODEL_BUSY = Fault("429 Too Many Requests: the model is overloaded, retry in 20 s")
JPEG = Fault("Step execution failed: decoder: premature end of JPEG data at byte 16384")
LEDGER = Fault("Step execution failed: ledger is locked by another batch")
TOO_SLOW = Fault("Step timed out after 5s", 5)
NO_HANDLER = "No handler registered for function: legacy-export"
