internal import PercussDBus
public import PercussLink
internal import PercussTime

extension BlueZCentral {
  /// Pairs with a device, so that the link is encrypted and its keys are kept; connects by itself. Returns at once when it is paired already: bluetoothd is not
  /// asked then, which up to 5.66 would answer with the same error as to keys that do not agree.
  ///
  /// A device that is not known is waited for until it advertises. The link that this makes stays; connect to use it. A pairing that fails leaves no link behind.
  ///
  /// - Parameters:
  ///   - agent: who answers the questions.
  /// - Throws: ``LinkError/timedOut(_:after:)``; ``LinkError/unavailable(_:)`` when the device or the user refuses, with what to do.
  public func pair(
    _ device: DiscoveredDevice.ID, agent: PairingAgent = .justWorks, timeout: Duration
  ) async throws(LinkError) {
    let address = try Self.address(of: device)
    let begin = timeline.now
    let deadline = begin.advanced(by: timeout)
    let adapter = try await readyAdapter(within: min(timeout, Self.patience))
    if tree.device(with: address, on: adapter.path) == nil {
      _ = try await find(device.description, timeout: timeout)
    }
    guard let known = tree.device(with: address, on: adapter.path), let owner = tree.owner, let bus else {
      throw .unavailable("pairing with \(device): bluetoothd has lost it; let it advertise, and try again")
    }
    guard !known.isPaired else { return }
    guard !isPairing else {
      throw .unavailable("pairing with \(device): this program is pairing with a device already; wait for it to end")
    }
    isPairing = true
    defer { isPairing = false }
    let object = AgentObject(agent, for: known.name ?? device.description, owner: owner, on: timeline)
    let path = ObjectPath.root.appending("org").appending("percuss").appending("agent")
    do throws(DBusFailure) {
      try await bus.export(object, at: path)
    } catch {
      throw .unavailable("pairing with \(device): \(error)")
    }
    let result: Result<Void, LinkError>
    do throws(LinkError) {
      try await pair(known, through: path, agent, until: deadline, since: begin)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    // An agent that stays registered goes with the connection to the bus; the result of the pairing counts.
    object.withdraw()
    _ = try? await call(BlueZ.namespace, BlueZ.Interface.agentManager, "UnregisterAgent", [.objectPath(path)])
    await bus.unexport(path)
    try result.get()
  }

  private func pair(
    _ device: BlueZDevice, through path: ObjectPath, _ agent: PairingAgent, until deadline: MonotonicInstant,
    since begin: MonotonicInstant
  ) async throws(LinkError) {
    let what = "pairing with \(device.address)"
    do throws(DBusFailure) {
      try await register(agent, at: path)
    } catch {
      throw BlueZFailure(error).linkError(during: what, after: begin.duration(to: timeline.now))
    }
    do throws(DBusFailure) {
      _ = try await call(
        device.path, BlueZ.Interface.device, "Pair", timeout: max(.zero, timeline.now.duration(to: deadline)))
      if tree.device(at: device.path)?.isPaired != true { await readProperties(of: device.path) }
      guard tree.device(at: device.path)?.isPaired == true else {
        throw .unreadable("bluetoothd says that it is done, but not that the device is paired")
      }
    } catch {
      let failure = BlueZFailure(error)
      // The error of 5.66 for what is paired already, by another program just now: see whether it is so.
      if failure == .authentication || failure == .alreadyDone { await readProperties(of: device.path) }
      if tree.device(at: device.path)?.isPaired == true { return }
      // The time-out is told whether or not bluetoothd takes this.
      if failure == .unanswered { _ = try? await call(device.path, BlueZ.Interface.device, "CancelPairing") }
      if !device.isConnected {
        _ = try? await call(device.path, BlueZ.Interface.device, "Disconnect", timeout: BlueZLink.disconnectTimeout)
      }
      let elapsed = begin.duration(to: timeline.now)
      switch failure {
      case .authentication, .cancelled:
        throw .unavailable(
          "\(what): the device or its user refused (\(error)); set the device to pairing mode, and try again")
      case .unanswered: throw .timedOut("\(device.address) to be paired", after: elapsed)
      default: throw failure.linkError(during: what, after: elapsed)
      }
    }
  }

  private func register(_ agent: PairingAgent, at path: ObjectPath) async throws(DBusFailure) {
    let arguments: [DBusValue] = [.objectPath(path), .string(agent.capability)]
    do throws(DBusFailure) {
      _ = try await call(BlueZ.namespace, BlueZ.Interface.agentManager, "RegisterAgent", arguments)
    } catch {
      guard BlueZFailure(error) == .alreadyDone else { throw error }
      // Left over from an earlier pairing, whose end was not answered in time. It may be able to ask less than this one.
      _ = try await call(BlueZ.namespace, BlueZ.Interface.agentManager, "UnregisterAgent", [.objectPath(path)])
      _ = try await call(BlueZ.namespace, BlueZ.Interface.agentManager, "RegisterAgent", arguments)
    }
  }
}
