#!/bin/sh
echo Grφίe
