internal import PercussDBus
public import PercussGATT
public import PercussLink
internal import PercussTime

// Commands in a hurry, such as a stop.
extension BlueZLink {
  /// A command that waits for nothing: past a request that is under way on the characteristic, of this program or another.
  func writeInAHurry(
    _ value: [UInt8], to characteristic: BlueZCharacteristic
  ) async throws(LinkError) {
    let path = characteristic.path
    let mayPass = characteristic.isWriteAcquired != nil && !value.isEmpty
    let begin = loop.now
    pacer.commandSent(at: begin)
    while true {
      if let end { throw .disconnected(end) }
      if let writer = writers[path] ?? passing[path] {
        if try await send(value, through: writer) { return }
        if writers[path] === writer { writers[path] = nil }
        if passing[path] === writer { passing[path] = nil }
      }
      let failure: BlueZFailure
      do throws(DBusFailure) {
        _ = try await call(path, "WriteValue", Self.arguments(value, .command), timeout: .seconds(5))
        return
      } catch {
        failure = BlueZFailure(error)
      }
      switch failure {
      case .inProgress where mayPass:
        if try await writePast(value, path) { return }
      // A descriptor is just being given back.
      case .inProgress, .acquired: break
      default: throw await hurryFailed(failure, characteristic, since: begin)
      }
      guard loop.now < begin.advanced(by: Self.foreignRequestPatience) else {
        throw await hurryFailed(failure, characteristic, since: begin)
      }
      await pause(for: .milliseconds(5))
    }
  }

  private func hurryFailed(
    _ failure: BlueZFailure, _ characteristic: BlueZCharacteristic, since begin: MonotonicInstant
  ) async -> LinkError {
    await error(
      failure, on: characteristic.uuid,
      during: "a write without response to \(Profile.percuss.name(of: characteristic.uuid))", since: begin)
  }

  /// bluetoothd refuses `WriteValue` while a request is under way, but gives a descriptor.
  ///
  /// - Returns: false when it gives none just now.
  private func writePast(_ value: [UInt8], _ path: ObjectPath) async throws(LinkError) -> Bool {
    let lane = Lane.command(path)
    try await enter(lane)
    defer { leave(lane) }
    if let writer = writers[path] ?? passing[path] { return try await send(value, through: writer) }
    let writer: AcquiredWriter
    do throws(DBusFailure) { writer = try await acquire(path) } catch { return false }
    guard end == nil else {
      writer.close()
      return false
    }
    passing[path] = writer
    loop.start { [weak self] in await self?.giveBack(writer, of: path) }
    return try await send(value, through: writer)
  }

  /// See ``DeviceLink/acquirePromptWriter(for:)``: a descriptor, held for a moment only, since bluetoothd refuses everybody else's writes meanwhile, and with them the stop
  /// of another program. What is sent through it is not paced: whoever sends waits for its answers.
  public func acquirePromptWriter(for uuid: BluetoothUUID) async -> (any PromptWriter)? {
    guard let characteristic = try? await require(uuid), characteristic.isWriteAcquired != nil else { return nil }
    let path = characteristic.path
    let lane = Lane.command(path)
    guard (try? await enter(lane)) != nil else { return nil }
    defer { leave(lane) }
    if let writer = writers[path] { return writer }
    // One that is being given back is about to be closed.
    guard passing[path] == nil, let writer = try? await acquire(path) else { return nil }
    guard end == nil else {
      writer.close()
      return nil
    }
    passing[path] = writer
    return writer
  }

  /// See ``DeviceLink/releasePromptWriter(for:)``.
  public func releasePromptWriter(for uuid: BluetoothUUID) async {
    guard let path = try? await require(uuid).path, let writer = passing[path] else { return }
    await giveBack(writer, of: path)
  }

  /// As soon as bluetoothd has taken the packets: until then it refuses requests to the characteristic, and a hang-up would cost the packets.
  private func giveBack(_ writer: AcquiredWriter, of path: ObjectPath) async {
    let deadline = loop.now.advanced(by: .seconds(5))
    repeat {
      await pause(for: .milliseconds(2))
    } while passing[path] === writer && !writer.isDrained && loop.now < deadline
    // Somebody may have asked for it meanwhile, to keep.
    guard passing[path] === writer else { return }
    passing[path] = nil
    writer.close()
  }
}
