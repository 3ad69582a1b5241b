internal import PercussBlueZ
internal import PercussDBus

// Device1: its methods and the properties that can be set, and devices that come and go.
extension BluetoothDaemon {
  mutating func callDevice(_ call: DaemonCall, _ key: DeviceKey) {
    switch call.member {
    case "Connect": connect(call, key)
    case "Disconnect": disconnect(key, for: call.id)
    case "Pair": pair(call, key)
    case "CancelPairing": cancelPairing(call, key)
    // There is no profile that connects by itself on LE.
    case "ConnectProfile":
      guard adapter(key.adapter)?.isPowered == true else {
        return fail(call.id, DBusErrorReply(bluez: "NotReady", "br-connection-adapter-not-powered"))
      }
      if device(key)?.connectCall != nil {
        return fail(call.id, DBusErrorReply(bluez: "InProgress", "br-connection-busy"))
      }
      fail(call.id, DBusErrorReply(bluez: "NotAvailable", "br-connection-profile-unavailable"))
    case "DisconnectProfile": fail(call.id, .invalidArguments)
    default: fail(call.id, .unknownMethod(call))
    }
  }

  mutating func setProperty(_ name: String, of key: DeviceKey, to value: DBusValue) -> DBusErrorReply? {
    func set<Value: Equatable>(
      _ daemon: inout BluetoothDaemon, _ path: WritableKeyPath<RemoteDevice, Value>, _ value: Value
    ) -> Bool {
      daemon.withDevice(key) { device in
        defer { device[keyPath: path] = value }
        return device[keyPath: path] != value
      } ?? false
    }
    switch (name, value) {
    case ("Alias", .string(let alias)):
      if set(&self, \.alias, alias.isEmpty ? nil : alias) { changed(key, "Alias") }
    case ("Trusted", .boolean(let isTrusted)):
      if set(&self, \.isTrusted, isTrusted) { changed(key, "Trusted") }
    case ("Blocked", .boolean(let isBlocked)):
      guard set(&self, \.isBlocked, isBlocked) else { break }
      changed(key, "Blocked")
      if isBlocked {
        keep(key)
        if device(key)?.link == .up { emit(.disconnect(key)) }
      }
    default: return .invalidArguments
    }
    flush(isIdle: false)
    return nil
  }

  // MARK: Devices that come and go

  mutating func addDevice(_ device: RemoteDevice, _ index: Int) {
    adapters[index].devices[device.key.address] = device
    export(.device(device.key), at: device.path)
    restartTemporaryTimer(device.key)
  }

  /// Whoever is connected, paired or blocked is no passing visitor any more.
  mutating func keep(_ key: DeviceKey) {
    withDevice(key) { $0.isTemporary = false }
    cancelTimer(.temporary(key))
  }

  /// A device that is not seen for a time goes by itself.
  mutating func restartTemporaryTimer(_ key: DeviceKey) {
    guard let device = device(key), device.isTemporary, device.link == .down else { return }
    setTimer(.temporary(key), after: quirks.temporaryTimeout)
  }

  /// Forgets a device: its link ends, its GATT objects and it are removed.
  mutating func removeDevice(_ key: DeviceKey, isSilent: Bool = false) {
    guard let device = device(key), let index = adapterIndex(key.adapter) else { return }
    switch device.link {
    case .connecting: emit(.cancelConnect(key))
    case .up, .aborting, .incoming: emit(.dropLink(key))
    case .down: break
    }
    abandonOperations(of: key)
    failPairing(key, DBusErrorReply(bluez: "AuthenticationCanceled", "Authentication Canceled"))
    if let call = self.device(key)?.connectCall { fail(call, .failed("br-connection-canceled")) }
    for ending in self.device(key)?.endings ?? [] { reply(ending.call) }
    if !isSilent, !pending.isUnannounced(.device(key)) { flush(.device(key)) }
    unexportServices(of: key, isSilent: isSilent)
    cancelTimers(of: key)
    // What is pending of the device needs the device.
    unexport(.device(key), at: device.path, isSilent: isSilent)
    adapters[index].discovery.found.remove(key.address)
    adapters[index].devices[key.address] = nil
  }

  /// `RemoveDevice`: a connected device is disconnected first.
  mutating func removeDevice(_ device: RemoteDevice, for call: CallID) {
    let key = device.key
    withDevice(key) {
      $0.isTemporary = true
      $0.isPaired = false
      $0.isBonded = false
    }
    guard device.link == .up || device.link == .incoming else {
      removeDevice(key)
      return reply(call)
    }
    endLink(of: key, for: RemoteDevice.Ending(call: call, removes: true))
  }
}
