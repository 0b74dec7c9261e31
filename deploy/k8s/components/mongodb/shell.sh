#!/bin/bash
# Evaluates an expression of mongosh with the rights of a member, for an operator in an incident (monitoring/runbooks):
#   kubectl exec mongodb-0 -- bash /etc/mongodb/shell.sh 'rs.status()'
# The password is the members' key, which every process of this pod can read. It is no argument: those are in the list of
# processes. mongosh writes into its home.
login='db.getSiblingDB("local").auth("__system", require("fs").readFileSync("/run/secrets/mongodb/keyfile", "utf8").replace(/\s/g, ""))'
HOME=/tmp exec mongosh --quiet --norc --eval "$login; $1"
