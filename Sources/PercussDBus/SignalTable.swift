/// The subscriptions of a connection, and who owns the names that they are about. No I/O in here.
struct SignalTable {
  struct Subscription {
    let identifier: UInt64
    let rule: MatchRule
    let handler: @Sendable (IncomingSignal) -> Void
  }

  private struct NameWatch {
    /// Nil when nobody owns the name, or nobody has asked yet.
    var owner: String?
    /// How many need to know.
    var users = 0
    var handlers: [(identifier: UInt64, handler: @Sendable (String?) -> Void)] = []
  }

  /// In the order of their beginning, which is the order in which they are called.
  private var subscriptions: [Subscription] = []
  private var names: [String: NameWatch] = [:]

  // MARK: Subscriptions

  mutating func add(_ subscription: Subscription) {
    subscriptions.append(subscription)
  }

  mutating func remove(_ identifier: UInt64) -> Subscription? {
    guard let index = subscriptions.firstIndex(where: { $0.identifier == identifier }) else { return nil }
    return subscriptions.remove(at: index)
  }

  func contains(_ identifier: UInt64) -> Bool {
    subscriptions.contains { $0.identifier == identifier }
  }

  /// Those whose rules take the signal, as far as its header tells.
  func matching(sender: String, path: ObjectPath, interface: String, member: String) -> [Subscription] {
    subscriptions.filter { subscription in
      let rule = subscription.rule
      if let wanted = rule.member, wanted != member { return false }
      if let wanted = rule.interface, wanted != interface { return false }
      if let wanted = rule.path, wanted != path { return false }
      if let space = rule.pathNamespace, path != space, !path.isDescendant(of: space) { return false }
      return rule.sender.map { isSent(by: $0, sender) } ?? true
    }
  }

  /// Whether the unique name stands for the name at present.
  private func isSent(by name: String, _ sender: String) -> Bool {
    name == sender || (!BusNames.isUnique(name) && owner(of: name) == sender)
  }

  // MARK: Owners

  func owner(of name: String) -> String? { names[name]?.owner }

  mutating func beginTracking(_ name: String) {
    names[name, default: NameWatch()].users += 1
  }

  mutating func endTracking(_ name: String) {
    guard var watch = names[name] else { return }
    watch.users -= 1
    names[name] = watch.users > 0 ? watch : nil
  }

  mutating func addHandler(
    _ identifier: UInt64, for name: String, _ handler: @escaping @Sendable (String?) -> Void
  ) {
    names[name]?.handlers.append((identifier, handler))
  }

  mutating func removeHandler(_ identifier: UInt64, for name: String) -> Bool {
    guard let index = names[name]?.handlers.firstIndex(where: { $0.identifier == identifier }) else { return false }
    names[name]?.handlers.remove(at: index)
    return true
  }

  func handler(_ identifier: UInt64, for name: String) -> (@Sendable (String?) -> Void)? {
    names[name]?.handlers.first { $0.identifier == identifier }?.handler
  }

  /// - Returns: whose handlers are to be told of the change.
  mutating func setOwner(of name: String, to owner: String?) -> [UInt64] {
    guard names[name] != nil else { return [] }
    names[name]?.owner = owner
    return names[name]?.handlers.map(\.identifier) ?? []
  }

  /// Whether an answer may come from there: from whom the name stood for when the call was sent, or stands for now; the bus itself answers for those who cannot.
  func mayAnswer(_ call: PendingCalls.Call, sender: String) -> Bool {
    guard let destination = call.destination, sender != BusConnection.busName else { return true }
    if BusNames.isUnique(destination) { return sender == destination }
    guard let owner = call.owner ?? owner(of: destination) else { return true }
    return sender == owner || sender == self.owner(of: destination)
  }
}

extension MatchRule {
  /// Whether the arguments are as the rule wants.
  func matches(_ arguments: [DBusValue]) -> Bool {
    guard argument0 != nil || argument0Path != nil || argument0Namespace != nil else { return true }
    let (text, isPath): (String, Bool)
    switch arguments.first {
    case .string(let string): (text, isPath) = (string, false)
    case .objectPath(let path): (text, isPath) = (path.description, true)
    default: return false
    }
    if let argument0, isPath || argument0 != text { return false }
    if let argument0Namespace {
      guard !isPath, text == argument0Namespace || text.utf8.starts(with: "\(argument0Namespace).".utf8) else {
        return false
      }
    }
    if let wanted = argument0Path {
      guard
        text == wanted || (wanted.utf8.last == UInt8(ascii: "/") && text.utf8.starts(with: wanted.utf8))
          || (text.utf8.last == UInt8(ascii: "/") && wanted.utf8.starts(with: text.utf8))
      else { return false }
    }
    return true
  }
}
