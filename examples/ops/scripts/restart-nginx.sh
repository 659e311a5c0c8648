#!/bin/sh
set -eu
systemctl restart "$SERVICE"
systemctl is-active "$SERVICE"
