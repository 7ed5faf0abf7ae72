#!/bin/sh
# Creates the namespace where it is not there yet. The server takes a while to answer
# after it has opened its port, so a failure is tried again, for two minutes.
set -eu

attempt=1
until temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1; do
	if why=$(temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION" 2>&1); then
		echo "namespace $NAMESPACE created; ended workflows are kept for $RETENTION"
		continue
	fi
	if [ "$attempt" -ge 60 ]; then
		echo "the namespace can't be created: $why" >&2
		exit 1
	fi
	attempt=$((attempt + 1))
	sleep 2
done
echo "namespace $NAMESPACE is there"
