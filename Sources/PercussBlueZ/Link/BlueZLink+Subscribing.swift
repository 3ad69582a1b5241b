internal import Glibc
internal import PercussDBus
public import PercussGATT
public import PercussLink
internal import PercussTime

/// How the values of one characteristic come.
struct Subscription {
  let uuid: BluetoothUUID
  /// Where they come through a descriptor: it, and its watch.
  var descriptor: (number: CInt, watch: DescriptorWatch)?

  func close() {
    guard let descriptor else { return }
    descriptor.watch.cancel()
    Glibc.close(descriptor.number)
  }
}

// Notifications and indications.
extension BlueZLink {
  /// See ``DeviceLink/subscribe(to:)``.
  public func subscribe(to uuids: [BluetoothUUID]) async throws(LinkError) {
    for uuid in uuids {
      let characteristic = try await require(uuid)
      guard !characteristic.properties.isDisjoint(with: [.notify, .indicate]) else { throw .cannotSubscribe(uuid) }
      let lane = Lane.subscribe(characteristic.path)
      try await enter(lane)
      defer { leave(lane) }
      guard subscriptions[characteristic.path] == nil else { continue }
      try await begin(characteristic)
    }
  }

  /// See ``DeviceLink/unsubscribe(from:)``.
  public func unsubscribe(from uuids: [BluetoothUUID]) async throws(LinkError) {
    for uuid in uuids {
      let path = try await require(uuid).path
      let lane = Lane.subscribe(path)
      try await enter(lane)
      defer { leave(lane) }
      guard let subscription = subscriptions.removeValue(forKey: path) else { continue }
      takeValues(of: path, false)
      // bluetoothd unsubscribes when it finds the descriptor closed.
      subscription.close()
      guard subscription.descriptor == nil else {
        noteRelease(of: path)
        continue
      }
      let begin = loop.now
      do throws(DBusFailure) {
        _ = try await call(path, "StopNotify", [])
      } catch {
        let failure = BlueZFailure(error)
        if case .other = failure { continue }  // "No notify session started": it is what was wanted
        throw await self.error(failure, on: uuid, during: "ending the subscription", since: begin)
      }
    }
  }

  private func begin(_ characteristic: BlueZCharacteristic) async throws(LinkError) {
    let begin = loop.now
    if characteristic.isNotifyAcquired != nil, characteristic.properties.contains(.notify) {
      if try await acquireNotify(characteristic) { return }
    }
    // From here on nothing goes by unseen: values may come before the reply.
    let path = characteristic.path
    subscriptions[path] = Subscription(uuid: characteristic.uuid)
    takeValues(of: path, true)
    do throws(DBusFailure) {
      _ = try await call(path, "StartNotify", [])
    } catch {
      subscriptions[path] = nil
      takeValues(of: path, false)
      let name = Profile.percuss.name(of: characteristic.uuid)
      let failure = BlueZFailure(error)
      if failure == .acquired, end == nil {
        throw .unavailable(
          "subscribing to \(name): another program receives its values already: end it (percuss stop works beside it). Where there is none, a bluetoothd before 5.84 has left them locked: bluetoothctl remove \(address)"
        )
      }
      throw await self.error(
        failure, on: characteristic.uuid, during: "the response to a subscription to \(name)", since: begin)
    }
    // On an object that has outlived its link this succeeds too.
    if let end { throw .disconnected(end) }
  }

  /// - Returns: false when bluetoothd gives no descriptor, and signals are to be tried.
  private func acquireNotify(_ characteristic: BlueZCharacteristic) async throws(LinkError) -> Bool {
    let path = characteristic.path
    let begin = loop.now
    do throws(DBusFailure) {
      let reply = try await unlockAndAcquire(path)
      guard let number = reply.first?.descriptor?.take() else { return false }
      guard end == nil else {
        Glibc.close(number)
        throw .disconnected
      }
      if let unit = reply.last?.integer(as: Int.self), unit >= 23 { acquiredUnit = min(unit, 517) }
      let watch: DescriptorWatch
      do {
        watch = try loop.watch(number, for: .readable) { [weak self] _ in
          self?.assumeIsolated { $0.drain(path) }
        }
      } catch {
        Glibc.close(number)
        return false
      }
      subscriptions[path] = Subscription(uuid: characteristic.uuid, descriptor: (number, watch))
      return true
    } catch {
      if let end {
        // Before 5.84 this leaves the characteristic locked.
        suspectLock(of: path, true)
        throw .disconnected(end)
      }
      switch BlueZFailure(error) {
      // The device's own refusal, or there is no link: signals will not be had either.
      case .attribute(let code) where code != .requestNotSupported: break
      case .notConnected: break
      default: return false
      }
      throw await self.error(
        BlueZFailure(error), on: characteristic.uuid,
        during: "the response to a subscription to \(Profile.percuss.name(of: characteristic.uuid))", since: begin)
    }
  }

  /// Also where it is locked, as long as nobody else can be who holds it.
  private func unlockAndAcquire(_ path: ObjectPath) async throws(DBusFailure) -> [DBusValue] {
    while true {
      do throws(DBusFailure) {
        return try await call(path, "AcquireNotify", [.properties([:])], timeout: .seconds(10))
      } catch {
        guard BlueZFailure(error) == .acquired else { throw error }
        if mayBeLocked(path) {
          // The descriptor went with a link that was lost. Anybody's StopNotify ends the lock.
          _ = try? await call(path, "StopNotify", [], timeout: .seconds(10))
          suspectLock(of: path, false)
        } else if wasReleased(path) {
          // bluetoothd has yet to find that this program has closed it.
          await pause(for: .milliseconds(10))
        } else {
          throw error
        }
      }
    }
  }

  /// Whether values that come by signals are handed to this link.
  private func takeValues(of path: ObjectPath, _ isWanted: Bool) {
    central.assumeIsolated { $0.valueTakers[path] = isWanted ? WeakLink(link: self) : nil }
  }

  private func suspectLock(of path: ObjectPath, _ isSuspected: Bool) {
    central.assumeIsolated { central in
      if isSuspected { central.suspectedLocks.insert(path) } else { central.suspectedLocks.remove(path) }
    }
  }

  private func mayBeLocked(_ path: ObjectPath) -> Bool {
    central.assumeIsolated { $0.suspectedLocks.contains(path) }
  }

  /// This program closes a descriptor that bluetoothd may hold for taken a moment longer.
  func noteRelease(of path: ObjectPath) {
    central.assumeIsolated { [loop] in $0.releases[path] = loop.now }
  }

  private func wasReleased(_ path: ObjectPath) -> Bool {
    let released = central.assumeIsolated { $0.releases[path] }
    return released.map { loop.now < $0.advanced(by: Self.releaseLimit) } ?? false
  }

  /// How long bluetoothd may take to find a descriptor closed.
  private static let releaseLimit: Duration = .seconds(3)

  // MARK: What arrives

  /// By a signal.
  func received(_ value: [UInt8], from path: ObjectPath) {
    guard let subscription = subscriptions[path], subscription.descriptor == nil else { return }
    for value in echoes[path]?.received(value) ?? [value] { deliver(value, from: subscription.uuid) }
  }

  /// Through a descriptor: all that is there is one batch.
  func drain(_ path: ObjectPath) {
    guard let subscription = subscriptions[path], let (number, _) = subscription.descriptor, end == nil else { return }
    let (uuid, now) = (subscription.uuid, loop.now)
    var values: [LinkEvent] = []
    let ending = central.datagrams.drain(number) { values.append(.value(uuid, Array($0), at: now)) }
    deliver(values)
    guard ending == .closed else { return }
    subscription.close()
    subscriptions[path] = nil
    loop.start { [weak self] in await self?.descriptorEnded(uuid) }
  }

  /// The device is gone, or another program has ended all notifications of the characteristic. The first ends the link; the second must not leave it deaf.
  private func descriptorEnded(_ uuid: BluetoothUUID) async {
    await central.readProperties(of: path)
    for _ in 0..<3 {
      guard end == nil, renewals < 16 else { break }
      renewals += 1
      await pause(for: .milliseconds(100))
      do throws(LinkError) {
        return try await subscribe(to: [uuid])
      } catch {
        await central.readProperties(of: path)
      }
    }
    // A link whose events do not come is not to be taken for one.
    abandon()
  }
}
