internal import PercussDBus
public import PercussGATT
public import PercussLink
internal import PercussTime

// Reads and writes.
extension BlueZLink {
  /// See ``DeviceLink/read(_:)``.
  public func read(_ uuid: BluetoothUUID) async throws(LinkError) -> [UInt8] {
    let characteristic = try await require(uuid)
    let lane = Lane.read(characteristic.path)
    try await enter(lane)
    echoes[characteristic.path] = ReadEcho()
    let result: Result<[UInt8], LinkError>
    do throws(LinkError) {
      let reply = try await perform(
        "ReadValue", [.properties([:])], on: characteristic, as: "the value of \(Profile.percuss.name(of: uuid))")
      guard let value = reply.first?.bytes else {
        throw .unavailable("bluetoothd answered a read with something that is no value")
      }
      result = .success(value)
    } catch {
      result = .failure(error)
    }
    let held = echoes.removeValue(forKey: characteristic.path)?.values(without: try? result.get()) ?? []
    if subscriptions[characteristic.path] != nil { for value in held { deliver(value, from: uuid) } }
    leave(lane)
    return try result.get()
  }

  /// See ``DeviceLink/write(_:to:type:)``.
  public func write(_ value: [UInt8], to uuid: BluetoothUUID, type: WriteType) async throws(LinkError) {
    let characteristic = try await require(uuid)
    // bluetoothd would make a long write of it, or cut it.
    let maximum = maximumTransmissionUnit - 3
    guard value.count <= maximum else { throw .tooLong(count: value.count, maximum: maximum) }
    switch type {
    case .request:
      let lane = Lane.write(characteristic.path)
      try await enter(lane)
      defer { leave(lane) }
      _ = try await perform(
        "WriteValue", Self.arguments(value, .request), on: characteristic,
        as: "the response to a write to \(Profile.percuss.name(of: uuid))")
    case .command: try await writeCommand(value, to: characteristic)
    }
  }

  static func arguments(_ value: [UInt8], _ type: WriteType) -> [DBusValue] {
    [.bytes(value), type == .request ? requestOptions : commandOptions]
  }

  private static let requestOptions = DBusValue.properties(["type": .string("request")])
  private static let commandOptions = DBusValue.properties(["type": .string("command")])

  /// One ATT request: repeated while other programs' requests are in its way, and sorted out when it fails.
  ///
  /// - Parameter what: names it in an error.
  private func perform(
    _ method: String, _ arguments: [DBusValue], on characteristic: BlueZCharacteristic,
    as what: @autoclosure () -> String
  ) async throws(LinkError) -> [DBusValue] {
    let begin = loop.now
    let patience = begin.advanced(by: Self.foreignRequestPatience)
    while true {
      if let end { throw .disconnected(end) }
      let mark = pacer.mark()
      let failure: DBusFailure
      do throws(DBusFailure) {
        let reply = try await call(characteristic.path, method, arguments)
        confirm(mark)
        // A success is a success, though the link has ended since.
        return reply
      } catch {
        failure = error
      }
      let meaning = BlueZFailure(failure)
      if case .attribute = meaning { confirm(mark) }
      // A request of another program is under way, or a descriptor is just being given back.
      guard meaning == .inProgress || meaning == .acquired, loop.now < patience else {
        throw await error(meaning, on: characteristic.uuid, during: what(), since: begin)
      }
      await pause(for: .milliseconds(10))
    }
  }

  /// How long requests of other programs on the same characteristic are waited for.
  static let foreignRequestPatience: Duration = .seconds(3)

  /// Calls a method of a characteristic. It ends with the link at the latest: of what a lost link has cut short bluetoothd leaves some without an answer.
  ///
  /// - Parameter timeout: nil for what the device has to answer.
  func call(
    _ path: ObjectPath, _ method: String, _ arguments: [DBusValue], timeout: Duration? = nil
  ) async throws(DBusFailure) -> [DBusValue] {
    guard end == nil else { throw .disconnected }
    let call = MethodCall(
      destination: BlueZ.busName, path: path, interface: BlueZ.Interface.characteristic, member: method,
      arguments: arguments)
    let timeout = timeout ?? attributeTimeout
    lastCall += 1
    let number = lastCall
    let result = await withUnsafeContinuation { continuation in
      calls[number] = continuation
      bus.assumeIsolated { bus in
        bus.send(call, timeout: timeout) { [weak self] result in
          self?.assumeIsolated { $0.calls.removeValue(forKey: number)?.resume(returning: result) }
        }
      }
    }
    return try result.get()
  }

  /// What a failed operation means for its caller, and for the link.
  func error(
    _ failure: BlueZFailure, on uuid: BluetoothUUID, during what: String, since begin: MonotonicInstant
  ) async -> LinkError {
    let elapsed = begin.duration(to: loop.now)
    if let end { return .disconnected(end) }
    switch failure {
    case .attribute(let error):
      // Of what was under way when a link was lost, bluetoothd says so too.
      if error == .unlikelyError { await central.readProperties(of: path) }
      if let end { return .disconnected(end) }
      return .attribute(error, characteristic: uuid)
    case .notConnected, .serviceGone:
      await central.readProperties(of: path)
      // Connected, says the tree, but not for attributes: of no use, and not to be taken for a connection.
      abandon()
      return .disconnected(end ?? .unstated)
    case .gone:
      // The device was evicted, or its services have changed.
      await central.readObjects()
      if let end { return .disconnected(end) }
      return .noSuchCharacteristic(uuid)
    case .unanswered:
      // Nothing may be sent on this ATT bearer any more (Core Vol 3 Part F 3.3.3).
      abandon()
      return .timedOut(what, after: elapsed)
    default: return failure.linkError(during: what, after: elapsed)
    }
  }
}
