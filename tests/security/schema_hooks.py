"""What schemathesis has to be told of our API: the body of a workbook's upload is the file itself."""

import schemathesis

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

schemathesis.serializer.alias(WORKBOOK, "application/octet-stream")
