internal import PercussDBus
internal import PercussGATT

// bluetoothd uses the Battery Service itself: it reads the level, has it notified, and tells it as Battery1.
extension BluetoothDaemon {
  mutating func beginBattery(of key: DeviceKey) {
    guard
      let level = device(key)?.characteristics.first(where: {
        $0.uuid == .batteryLevel && $0.service.uuid == .batteryService && $0.properties.contains([.read, .notify])
      })
    else { return }
    _ = send(.read(.batteryLevel, offset: 0), to: key, for: .batteryLevel(level.handle))
  }

  mutating func batteryRead(_ result: Result<[UInt8], ATTError>, _ key: DeviceKey, _ handle: UInt16) {
    guard case .success(let value) = result, let level = value.first else { return }
    withDevice(key) { $0.initialBatteryLevel = level }
    beginDaemonSubscription(key, handle)
  }

  mutating func batterySubscribed(_ key: DeviceKey, _ handle: UInt16) {
    guard let device = device(key), device.batteryLevel == nil, let level = device.initialBatteryLevel else { return }
    withDevice(key) { $0.batteryLevel = level }
    pending.add(Self.batteryInterface, of: .device(key))
  }

  mutating func batteryNotified(_ value: [UInt8], _ key: DeviceKey, _ handle: UInt16) {
    guard let level = value.first, let known = device(key)?.batteryLevel, known != level else { return }
    withDevice(key) { $0.batteryLevel = level }
    pending.change("Percentage", of: Self.batteryInterface, .device(key))
  }

  mutating func endBattery(of key: DeviceKey) {
    guard let device = device(key), device.batteryLevel != nil else { return }
    flush(isIdle: false)
    withDevice(key) { device in
      device.batteryLevel = nil
      device.initialBatteryLevel = nil
    }
    emitRemoved(device.path, [Self.batteryInterface])
  }
}
