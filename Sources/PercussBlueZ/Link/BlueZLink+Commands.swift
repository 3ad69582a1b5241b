internal import Glibc
internal import PercussDBus
public import PercussGATT
public import PercussLink
internal import PercussTime

// Writes without response.
extension BlueZLink {
  /// A descriptor for write commands to the characteristic, for the timed path; see ``AcquiredWriter``. It is closed when the link ends.
  ///
  /// Commands that ``write(_:to:type:)`` sends to the same characteristic go through it too.
  ///
  /// - Throws: ``LinkError/unavailable(_:)`` when another program holds it, or bluetoothd offers none.
  public func acquireWriter(for uuid: BluetoothUUID) async throws(LinkError) -> AcquiredWriter {
    let characteristic = try await require(uuid)
    let lane = Lane.command(characteristic.path)
    try await enter(lane)
    defer { leave(lane) }
    if let writer = writers[characteristic.path], writer.number != nil { return writer }
    if let writer = passing.removeValue(forKey: characteristic.path) {
      writers[characteristic.path] = writer
      return writer
    }
    let begin = loop.now
    do throws(DBusFailure) {
      let writer = try await acquire(characteristic.path)
      guard end == nil else {
        writer.close()
        throw .disconnected
      }
      writers[characteristic.path] = writer
      return writer
    } catch {
      let what = "acquiring \(Profile.percuss.name(of: uuid)) for writing"
      throw await self.error(BlueZFailure(error), on: uuid, during: what, since: begin)
    }
  }

  func acquire(_ path: ObjectPath) async throws(DBusFailure) -> AcquiredWriter {
    let reply = try await call(path, "AcquireWrite", [.properties([:])], timeout: .seconds(5))
    guard reply.count == 2, let unit = reply[1].integer(as: Int.self), let descriptor = reply[0].descriptor?.take()
    else { throw .unreadable("AcquireWrite gave no descriptor") }
    if unit >= 23 { acquiredUnit = min(unit, 517) }
    return AcquiredWriter(owning: descriptor, maximumTransmissionUnit: maximumTransmissionUnit)
  }

  // MARK: Paced

  func writeCommand(_ value: [UInt8], to characteristic: BlueZCharacteristic) async throws(LinkError) {
    // A command to a characteristic that takes requests too is in a hurry, such as a stop; all others carry bulk data.
    let isUrgent = characteristic.properties.contains(.write)
    // Where a way is open that bluetoothd has given, nothing is waited for.
    let hasWay = isUrgent && (writers[characteristic.path] ?? passing[characteristic.path]) != nil
    if !hasWay { try await awaitRoom(isUrgent: isUrgent) }
    if isUrgent {
      try await writeInAHurry(value, to: characteristic)
    } else {
      try await writeInOrder(value, to: characteristic)
    }
    makeBarrier()
  }

  /// Bulk data keeps its order: one command of a characteristic at a time.
  private func writeInOrder(
    _ value: [UInt8], to characteristic: BlueZCharacteristic
  ) async throws(LinkError) {
    let path = characteristic.path
    let lane = Lane.command(path)
    try await enter(lane)
    defer { leave(lane) }
    let offersWriter = characteristic.isWriteAcquired != nil && !value.isEmpty
    if writers[path] == nil, offersWriter, !withoutWriter.contains(path) {
      do throws(DBusFailure) {
        let writer = try await acquire(characteristic.path)
        guard end == nil else {
          writer.close()
          throw .disconnected
        }
        writers[path] = writer
      } catch {
        withoutWriter.insert(path)
      }
    }
    if let end { throw .disconnected(end) }
    if let writer = writers[path] {
      pacer.commandSent(at: loop.now)
      if try await send(value, through: writer) { return }
      // It was closed, though the link has not ended: another way is as good.
      writers[path] = nil
      withoutWriter.insert(path)
    } else {
      pacer.commandSent(at: loop.now)
    }
    try await writeValue(value, to: characteristic)
  }

  private func writeValue(_ value: [UInt8], to characteristic: BlueZCharacteristic) async throws(LinkError) {
    let begin = loop.now
    do throws(DBusFailure) {
      _ = try await call(characteristic.path, "WriteValue", Self.arguments(value, .command), timeout: .seconds(5))
    } catch {
      throw await self.error(
        BlueZFailure(error), on: characteristic.uuid,
        during: "a write without response to \(Profile.percuss.name(of: characteristic.uuid))", since: begin)
    }
  }

  /// - Returns: false when the descriptor was closed.
  func send(_ value: [UInt8], through writer: AcquiredWriter) async throws(LinkError) -> Bool {
    let deadline = loop.now.advanced(by: .seconds(5))
    while true {
      switch writer.send(value) {
      case .sent: return true
      case .closed: return false
      case .unsuitable: throw .tooLong(count: value.count, maximum: writer.maximumLength)
      case .full:
        guard loop.now < deadline else { throw .timedOut("bluetoothd to take a command", after: .seconds(5)) }
        await pause(for: .milliseconds(5))
        if let end { throw .disconnected(end) }
      }
    }
  }

  // MARK: The pace

  private func awaitRoom(isUrgent: Bool) async throws(LinkError) {
    while !pacer.hasRoom(isUrgent: isUrgent) {
      if let end { throw .disconnected(end) }
      guard waiting < Self.waitingLimit else { throw .busy(limit: Self.waitingLimit) }
      waiting += 1
      armPacerTimer()
      await withCheckedContinuation { roomWaiters.append($0) }
      waiting -= 1
    }
    if let end { throw .disconnected(end) }
  }

  /// A request was answered: what bluetoothd had queued before it is on its way.
  func confirm(_ mark: WritePacer.Mark) {
    pacer.answered(mark)
    wakeRoomWaiters()
  }

  private func wakeRoomWaiters() {
    guard pacer.hasRoom(isUrgent: false) || !roomWaiters.isEmpty && pacer.hasRoom(isUrgent: true) else { return }
    let waiters = roomWaiters
    roomWaiters = []
    for waiter in waiters { waiter.resume() }
  }

  private func armPacerTimer() {
    pacerTimer?.cancel()
    pacerTimer = pacer.nextDeadline.map { deadline in
      loop.schedule(at: deadline) { [weak self] in
        self?.assumeIsolated { link in
          link.pacer.timePassed(at: link.loop.now)
          link.wakeRoomWaiters()
          if !link.roomWaiters.isEmpty { link.armPacerTimer() }
        }
      }
    }
  }

  /// Reads something for the sake of its answer, when there are many commands that nothing has confirmed.
  private func makeBarrier() {
    guard end == nil, let mark = pacer.takeBarrier() else { return }
    guard let readable = barrierCharacteristic else {
      pacer.barrierEnded(mark, answered: false)
      armPacerTimer()
      return
    }
    loop.start { [weak self] in await self?.readForBarrier(readable, mark) }
  }

  /// Waits in a cancelled task too, where a sleep would end at once: the loops around it would turn without an end to the turn, and hold up the
  /// timeline with every stop on it. Only the shutdown of the timeline ends it early.
  func pause(for duration: Duration) async {
    try? await loop.start { [loop] in try await loop.sleep(for: duration) }.value
  }

  private func readForBarrier(_ readable: ObjectPath, _ mark: WritePacer.Mark) async {
    // What went through a descriptor is queued once bluetoothd has taken it from there.
    for _ in 0..<200 where !writers.values.allSatisfy(\.isDrained) { await pause(for: .milliseconds(1)) }
    var isAnswered = false
    do throws(DBusFailure) {
      _ = try await call(readable, "ReadValue", [.properties([:])])
      isAnswered = true
    } catch {
      if case .attribute = BlueZFailure(error) { isAnswered = true }
      // Somebody reads it just now: another time.
      if BlueZFailure(error) == .inProgress { isAnswered = false }
    }
    guard end == nil else { return }
    pacer.barrierEnded(mark, answered: isAnswered)
    wakeRoomWaiters()
    armPacerTimer()
    makeBarrier()
  }

  /// Something short that can be read and does not notify: its echo is nobody's business.
  private var barrierCharacteristic: ObjectPath? {
    central.assumeIsolated { [path] central in
      central.tree.characteristics(of: path).first {
        $0.properties.contains(.read) && $0.properties.isDisjoint(with: [.notify, .indicate])
      }?.path
    }
  }
}
