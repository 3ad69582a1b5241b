internal import PercussDBus
internal import PercussGATT

// ReadValue and WriteValue of characteristics and descriptors.
extension BluetoothDaemon {
  mutating func callCharacteristic(_ call: DaemonCall, _ key: DeviceKey, _ handle: UInt16) {
    switch call.member {
    case "ReadValue": readValue(call, key, handle)
    case "WriteValue": writeValue(call, key, handle)
    case "StartNotify": startNotify(call, key, handle)
    case "StopNotify": stopNotify(call, key, handle)
    case "AcquireNotify" where quirks.offersAcquireNotify: acquireNotify(call, key, handle)
    case "AcquireWrite" where quirks.offersAcquireWrite: acquireWrite(call, key, handle)
    default: fail(call.id, .unknownMethod(call))
    }
  }

  // MARK: Reading

  private mutating func readValue(_ call: DaemonCall, _ key: DeviceKey, _ handle: UInt16) {
    guard device(key)?.hasClient == true else { return fail(call.id, .notConnectedNow) }
    guard let options = ValueOptions(call.arguments.first) else { return fail(call.id, .invalidArguments) }
    guard let characteristic = characteristic(key, handle) else { return fail(call.id, .unknownObject(call)) }
    if let read = characteristic.read {
      guard read.offset == options.offset else { return fail(call.id, .inProgress) }
      guard read.calls.count < Self.coalescedReadLimit else { return fail(call.id, .inProgress) }
      withCharacteristic(key, handle) { $0.read?.calls.append(call.id) }
      return
    }
    guard !characteristic.belongsToHost else { return fail(call.id, .attribute(.readNotPermitted)) }
    guard send(.read(characteristic.uuid, offset: options.offset), to: key, for: .read(handle)) else {
      return fail(call.id, .failed("Failed to send read request"))
    }
    withCharacteristic(key, handle) { $0.read = .init(offset: options.offset, calls: [call.id]) }
  }

  /// How many calls one read answers at most.
  static let coalescedReadLimit = 1_024

  /// Every read signals the value too, and before the answer.
  mutating func readEnded(_ result: Result<[UInt8], ATTError>, _ key: DeviceKey, _ handle: UInt16) {
    guard let read = withCharacteristic(key, handle, { $0.read.take() }) ?? nil else { return }
    switch result {
    case .failure(let error): for call in read.calls { fail(call, .attribute(error)) }
    case .success(let part):
      let known = characteristic(key, handle)?.value ?? []
      let value = Self.value(known, with: part, at: Int(read.offset))
      withCharacteristic(key, handle) { $0.value = value }
      changed(key, handle, "Value")
      answer(read, from: value)
    }
  }

  /// What was read from an offset on takes its place in what was known; where nothing was read, nothing changes.
  static func value(_ known: [UInt8], with part: [UInt8], at offset: Int) -> [UInt8] {
    guard offset > 0 else { return part }
    guard !part.isEmpty else { return known }
    var value = known + [UInt8](repeating: 0, count: max(0, offset + part.count - known.count))
    value.replaceSubrange(offset..<(offset + part.count), with: part)
    return value
  }

  mutating func answer(_ read: PendingRead, from value: [UInt8]) {
    flush(isIdle: false)
    for call in read.calls {
      if Int(read.offset) > value.count {
        fail(call, .attribute(.invalidOffset))
      } else {
        reply(call, [.bytes(Array(value.dropFirst(Int(read.offset))))])
      }
    }
  }

  // MARK: Writing

  /// How many commands wait for a link; bluetoothd itself has no limit.
  static let commandLimit = 4_096

  private mutating func writeValue(_ call: DaemonCall, _ key: DeviceKey, _ handle: UInt16) {
    guard let device = device(key), device.hasClient else { return fail(call.id, .notConnectedNow) }
    guard let characteristic = characteristic(key, handle) else { return fail(call.id, .unknownObject(call)) }
    if characteristic.writeLock != nil { return fail(call.id, .notPermitted("Write acquired")) }
    if characteristic.writer != nil { return fail(call.id, .inProgress) }
    guard call.arguments.count == 2, let value = call.arguments[0].bytes,
      let options = ValueOptions(call.arguments[1])
    else { return fail(call.id, .invalidArguments) }
    if isReadOnly(characteristic) { return fail(call.id, .notAuthorized) }
    let properties = characteristic.properties
    switch options.type {
    case "request", "reliable": break
    case nil where properties.contains(.write): break
    case "command": return sendCommand(value, options, call, key, characteristic)
    case nil where properties.contains(.writeWithoutResponse):
      return sendCommand(value, options, call, key, characteristic)
    default: return fail(call.id, .notSupported)
    }
    let isLong = value.count > device.maximumWrite || options.offset > 0 || options.type == "reliable"
    let padded = options.offset > 0 ? Array(characteristic.value.prefix(Int(options.offset))) + value : value
    let operation: AttributeOperation =
      isLong ? .longWrite(characteristic.uuid, padded) : .write(characteristic.uuid, value)
    guard !characteristic.belongsToHost, send(operation, to: key, for: .write(handle)) else {
      return fail(call.id, .failed("Failed to initiate write"))
    }
    withCharacteristic(key, handle) { $0.writer = call.id }
  }

  /// A command is answered as soon as it is queued.
  private mutating func sendCommand(
    _ value: [UInt8], _ options: ValueOptions, _ call: DaemonCall, _ key: DeviceKey,
    _ characteristic: RemoteCharacteristic
  ) {
    guard options.offset == 0 else { return fail(call.id, .notSupported) }
    guard queueCommand(value, key, characteristic.uuid) else {
      return fail(call.id, .failed("Failed to initiate write"))
    }
    reply(call.id)
  }

  /// False when it is too long, or too many wait.
  mutating func queueCommand(_ value: [UInt8], _ key: DeviceKey, _ uuid: BluetoothUUID) -> Bool {
    let isTaken = withDevice(key) { device in
      guard value.count <= device.maximumWrite, device.queuedCommands < Self.commandLimit else { return false }
      device.queuedCommands += 1
      return true
    }
    guard isTaken == true else { return false }
    emit(.command(key, uuid, value))
    return true
  }

  mutating func writeEnded(_ result: Result<[UInt8], ATTError>, _ key: DeviceKey, _ handle: UInt16) {
    guard let call = withCharacteristic(key, handle, { $0.writer.take() }) ?? nil else { return }
    switch result {
    case .success: reply(call)
    case .failure(let error): fail(call, .attribute(error))
    }
  }

  /// Whether bluetoothd keeps the writing of a service that it uses itself to itself.
  func isReadOnly(_ characteristic: RemoteCharacteristic) -> Bool {
    quirks.claimedServicesAreReadOnly
      && [BluetoothUUID.batteryService, .deviceInformationService].contains(characteristic.service.uuid)
  }
}

/// The options of ReadValue and WriteValue that are looked at.
struct ValueOptions: Equatable {
  var offset: UInt16 = 0
  /// In lower case.
  var type: String?

  /// Nil when an option has the wrong type. Unknown ones are passed over.
  init?(_ value: DBusValue?) {
    guard let entries = value?.entries else { return nil }
    for entry in entries {
      guard let key = entry.key.string?.lowercased() else { return nil }
      switch (key, entry.value.content) {
      case ("offset", .uint16(let number)): offset = number
      case ("type", .string(let text)): type = text.lowercased()
      case ("offset", _), ("type", _): return nil
      default: break
      }
    }
  }
}
