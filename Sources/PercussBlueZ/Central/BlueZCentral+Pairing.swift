internal import PercussDBus
public import PercussLink
internal import PercussTime

extension BlueZCentral {
  /// Pairs with a device, so that the link is encrypted and its keys are kept; connects by itself. Returns at once when it is paired already.
  ///
  /// A device that is not known is waited for until it advertises. The link that this makes stays; connect to use it.
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
    let object = AgentObject(agent, for: known.name ?? device.description, owner: owner, on: timeline)
    let path = ObjectPath.root.appending("org").appending("percuss").appending("agent").appending("\(number())")
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
      _ = try await call(
        BlueZ.namespace, BlueZ.Interface.agentManager, "RegisterAgent",
        [.objectPath(path), .string(agent.capability)])
      _ = try await call(
        device.path, BlueZ.Interface.device, "Pair", timeout: max(.zero, timeline.now.duration(to: deadline)))
    } catch {
      let failure = BlueZFailure(error)
      switch failure {
      case .alreadyDone: return
      case .authentication, .cancelled:
        throw .unavailable(
          "\(what): the device or its user refused (\(error)); set the device to pairing mode, and try again")
      case .unanswered:
        // The time-out is told whether or not bluetoothd takes this.
        _ = try? await call(device.path, BlueZ.Interface.device, "CancelPairing")
        throw .timedOut("\(device.address) to be paired", after: begin.duration(to: timeline.now))
      default: throw failure.linkError(during: what, after: begin.duration(to: timeline.now))
      }
    }
  }
}
