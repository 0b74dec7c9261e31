#!/bin/bash
# Exit status 0 if the mongod of this pod is primary or secondary: a member that still copies its data is not ready, so
# neither a rolling update nor an eviction takes the next member. It sends `hello`, which needs no password, as an OP_MSG
# of the wire protocol. A call of mongosh would do the same with a second of CPU, every time, on every member.
set -o pipefail
exec 3<>/dev/tcp/127.0.0.1/"${1:-27017}" || exit 1
# Length 52, request 1, OP_MSG, no flags, then the document {hello: 1, $db: "admin"} of 31 bytes.
printf '\x34\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\x1f\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0' >&3
length=$(head -c 4 <&3 | od -An -tu4) || exit 1
# In the response, \x08 is the type of a boolean field, and \x01 is true.
head -c $((length - 4)) <&3 | LC_ALL=C grep -qaP '\x08(isWritablePrimary|secondary)\x00\x01'
