internal import PercussTime

/// Listening: signals, and who owns a name.
extension BusConnection {
  /// Calls the handler on the timeline for every signal that the rule takes, in the order of arrival. The bus knows of it when this returns.
  ///
  /// Where the rule names a well-known sender, its owner is followed, and what others send here is not taken for its.
  ///
  /// - Throws: ``DBusFailure/refused(name:message:)`` for a rule that the bus does not take.
  @discardableResult
  public func subscribe(
    to rule: MatchRule, _ handler: @escaping @Sendable (IncomingSignal) -> Void
  ) async throws(DBusFailure) -> SignalSubscription {
    try Self.check(rule)
    let followed = rule.sender.flatMap { $0 == Self.busName || BusNames.isUnique($0) ? nil : $0 }
    if let followed { try await follow(followed) { _ in } }
    let identifier = nextIdentifier()
    do {
      // Effective from the answer on, in the order of arrival, and not when the task comes to run.
      _ = try await callBus("AddMatch", [.string(rule.description)]) { connection in
        connection.signals.add(SignalTable.Subscription(identifier: identifier, rule: rule, handler: handler))
      }
    } catch {
      if let followed { unfollow(followed) }
      throw error
    }
    return SignalSubscription { [weak self] in
      self?.onTimeline { connection in
        guard connection.signals.remove(identifier) != nil else { return }
        connection.tellBus("RemoveMatch", [.string(rule.description)])
        if let followed { connection.unfollow(followed) }
      }
    }
  }

  /// Calls the handler on the timeline with the unique name of the name's present owner, nil when there is none, and again at every change.
  @discardableResult
  public func watchOwner(
    of name: String, _ handler: @escaping @Sendable (_ owner: String?) -> Void
  ) async throws(DBusFailure) -> SignalSubscription {
    guard BusNames.isBusName(name) else { throw .invalid("\(name.debugDescription) is no name on a bus") }
    let identifier = nextIdentifier()
    try await follow(name) { connection in
      connection.signals.addHandler(identifier, for: name, handler)
      handler(connection.signals.owner(of: name))
    }
    return SignalSubscription { [weak self] in
      self?.onTimeline { connection in
        if connection.signals.removeHandler(identifier, for: name) { connection.unfollow(name) }
      }
    }
  }

  /// Asks for a name. Nobody waits in a queue for it: somebody else's is ``NameRequestResult/exists``.
  ///
  /// - Parameters:
  ///   - replacing: takes it from an owner that allows that.
  ///   - replaceable: allows others to take it; ``watchOwner(of:_:)`` tells.
  public func requestName(
    _ name: String, replacing: Bool = false, replaceable: Bool = false
  ) async throws(DBusFailure) -> NameRequestResult {
    let doNotQueue: UInt32 = 4
    let flags = doNotQueue | (replacing ? 2 : 0) | (replaceable ? 1 : 0)
    let values = try await callBus("RequestName", [.string(name), .uint32(flags)])
    guard let number = values.first?.integer(as: UInt32.self), let result = NameRequestResult(rawValue: number) else {
      throw .unreadable("the bus answered the request for a name with \(values)")
    }
    return result
  }

  /// Gives a name back. Does nothing when this connection does not own it.
  public func releaseName(_ name: String) async throws(DBusFailure) {
    _ = try await callBus("ReleaseName", [.string(name)])
  }

  // MARK: Inside

  /// Follows the owner of a name, and runs the closure in the order of arrival once the owner is known.
  private func follow(
    _ name: String, _ known: @escaping @Sendable (isolated BusConnection) -> Void
  ) async throws(DBusFailure) {
    signals.beginTracking(name)
    do {
      _ = try await callBus("AddMatch", [.string(Self.ownerRule(name).description)])
      try await askOwner(of: name, known)
    } catch {
      unfollow(name)
      throw error
    }
  }

  private func askOwner(
    of name: String, _ known: @escaping @Sendable (isolated BusConnection) -> Void
  ) async throws(DBusFailure) {
    let result = unsafe await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<Void, DBusFailure>, Never>) in
      send(Self.busCall("GetNameOwner", [.string(name)])) { [weak self] answer in
        switch answer {
        case .success(let values): self?.assumeIsolated { $0.ownerIsKnown(values.first?.string, of: name, known) }
        case .failure(.refused(DBusErrorName.nameHasNoOwner, _)):
          self?.assumeIsolated { $0.ownerIsKnown(nil, of: name, known) }
        case .failure(let failure):
          unsafe continuation.resume(returning: .failure(failure))
          return
        }
        unsafe continuation.resume(returning: .success(()))
      }
    }
    try result.get()
  }

  private func ownerIsKnown(
    _ owner: String?, of name: String, _ known: @Sendable (isolated BusConnection) -> Void
  ) {
    changeOwner(of: name, to: owner)
    known(self)
  }

  private func unfollow(_ name: String) {
    signals.endTracking(name)
    tellBus("RemoveMatch", [.string(Self.ownerRule(name).description)])
  }

  private static func ownerRule(_ name: String) -> MatchRule {
    MatchRule(sender: busName, interface: busName, member: "NameOwnerChanged", argument0: name)
  }

  /// Calls the bus, and runs the closure in the order of arrival when it has accepted.
  private func callBus(
    _ member: String, _ arguments: [DBusValue], accepted: @escaping @Sendable (isolated BusConnection) -> Void
  ) async throws(DBusFailure) {
    let result = unsafe await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<[DBusValue], DBusFailure>, Never>) in
      send(Self.busCall(member, arguments)) { [weak self] answer in
        if case .success = answer { self?.assumeIsolated { accepted($0) } }
        unsafe continuation.resume(returning: answer)
      }
    }
    _ = try result.get()
  }

  /// Tells the bus something whose answer is of no interest: an error would say that it was so already.
  private func tellBus(_ member: String, _ arguments: [DBusValue]) {
    var call = Self.busCall(member, arguments)
    call.expectsReply = false
    send(call) { _ in }
  }

  /// Runs the closure at once on the timeline; from elsewhere, soon.
  nonisolated func onTimeline(_ body: @escaping @Sendable (isolated BusConnection) -> Void) {
    if timeline.isCurrent {
      assumeIsolated { body($0) }
    } else {
      timeline.schedule(at: .zero) { [weak self] in self?.assumeIsolated { body($0) } }
    }
  }

  private static func check(_ rule: MatchRule) throws(DBusFailure) {
    if let sender = rule.sender, !BusNames.isBusName(sender) {
      throw .invalid("\(sender.debugDescription) is no name on a bus")
    }
    if rule.path != nil, rule.pathNamespace != nil { throw .invalid("a rule with a path and a namespace of paths") }
  }

  // MARK: What arrives

  func receiveSignal(_ message: borrowing Message) {
    guard let path = message.path, let interface = message.interface, let member = message.member else {
      counts.ignored += 1
      return
    }
    let sender = message.sender
    let isOwnerChange = sender == Self.busName && member == "NameOwnerChanged" && interface == Self.busName
    let matching = signals.matching(sender: sender, path: path, interface: interface, member: member)
    guard isOwnerChange || !matching.isEmpty else {
      counts.ignored += 1
      return
    }
    let arguments: [DBusValue]
    do throws(DBusFailure) {
      arguments = try message.values(limit: limits.values, byteLimit: limits.messageBytes)
    } catch {
      counts.unreadable += 1
      return
    }
    if isOwnerChange, arguments.count == 3, let name = arguments[0].string, let owner = arguments[2].string {
      changeOwner(of: name, to: owner.isEmpty ? nil : owner)
    }
    let signal = IncomingSignal(
      sender: sender, path: path, interface: interface, member: member, arguments: arguments, serial: message.serial)
    // An earlier handler may cancel a later one.
    for subscription in matching
    where subscription.rule.matches(arguments) && signals.contains(subscription.identifier) {
      subscription.handler(signal)
    }
  }

  private func changeOwner(of name: String, to owner: String?) {
    guard signals.owner(of: name) != owner else { return }
    for identifier in signals.setOwner(of: name, to: owner) {
      signals.handler(identifier, for: name)?(owner)
    }
  }
}

/// How the bus answered a request for a name.
public enum NameRequestResult: UInt32, Sendable, Hashable {
  /// This connection owns the name.
  case owner = 1
  /// Somebody else owns the name, and this connection waits for it. Never here: nobody waits.
  case queued = 2
  /// Somebody else owns the name.
  case exists = 3
  /// This connection owned the name already.
  case alreadyOwner = 4
}
