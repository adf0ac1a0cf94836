"""What goes wrong in the shop, in the words of the libraries that would say it."""

READ_TIMEOUT = """\
HTTPSConnectionPool(host='crm.example.com', port=443): Read timed out. (read timeout=10)
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
requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='crm.example.com', port=443): Read timed out. (read timeout=10)"""  # noqa: E501 - a traceback is quoted as it is
BAD_PRICE = """\
Import failed in row 1841: could not convert string to float: '12,90'
Traceback (most recent call last):
  File "shop/jobs/import_products.py", line 88, in import_products
    price = parse_price(row["price"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^
  File "shop/jobs/import_products.py", line 31, in parse_price
    return float(text)
           ^^^^^^^^^^^
ValueError: could not convert string to float: '12,90'"""
KEY_ERROR = """\
'vat_id'
Traceback (most recent call last):
  File "shop/jobs/generate_invoice.py", line 64, in generate_invoice
    rows = [line(item, customer["vat_id"]) for item in order.items]
                       ~~~~~~~~^^^^^^^^^^
KeyError: 'vat_id'"""

CARD_DECLINED = "Step authorise failed: card_declined: insufficient_funds"
GATEWAY = "payment gateway did not answer in 30 s"
GREYLISTED = "SMTP 451 4.7.1 Greylisted, try again later"
MAILBOX = "SMTP 550 5.1.1 <unknown@example.com>: Recipient address rejected: User unknown"
UNAVAILABLE = "503 Service Unavailable"
READ_ONLY = "index is read-only\n(try again)"
MODEL_BUSY = "429 Too Many Requests: the model is overloaded, retry in 20 s"
JPEG = "Step execution failed: decoder: premature end of JPEG data at byte 16384"
LEDGER = "Step execution failed: ledger is locked by another batch"
NO_HANDLER = "No handler registered for function: legacy-export"
