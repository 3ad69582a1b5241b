#!/usr/bin/env bash
# Finds the virtual device, connects, and asks it to stop, in words that bluetoothctl understands.
{
  sleep 1; echo "scan on"
  sleep 3; echo "connect $PERCUSS_DEVICE"
  sleep 3; echo "menu gatt"
  sleep 1; echo "select-attribute 7e320003-bf34-4597-a0b9-83277511650e"   # Control Point
  sleep 1; echo "notify on"
  sleep 1; echo "write \"0x10 0x01 0x00\""                                # stop
  sleep 2; echo "back"
  sleep 1; echo "disconnect $PERCUSS_DEVICE"
  sleep 1; echo "quit"
} | bluetoothctl
