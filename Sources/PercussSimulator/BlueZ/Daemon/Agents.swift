internal import PercussDBus

/// A pairing agent.
struct Agent: Sendable, Equatable {
  var sender: String
  var path: ObjectPath
  var capability: Capability

  /// What its user can see and enter.
  enum Capability: String, Sendable {
    case displayOnly = "DisplayOnly"
    case displayYesNo = "DisplayYesNo"
    case keyboardOnly = "KeyboardOnly"
    case noInputNoOutput = "NoInputNoOutput"
    case keyboardDisplay = "KeyboardDisplay"

    /// The text of a call; empty is the default.
    init?(text: String) {
      if text.isEmpty { self = .keyboardDisplay } else { self.init(rawValue: text) }
    }

    var canCompare: Bool { self == .displayYesNo || self == .keyboardDisplay }
    var canEnter: Bool { self == .keyboardOnly || self == .keyboardDisplay }
  }
}

/// The registered agents: one for each sender, and the order in which they are asked by default.
struct Agents: Sendable {
  /// How many senders may have one.
  static let limit = 1_024

  /// The default one first.
  private var agents: [Agent] = []

  var hasDefault: Bool { !agents.isEmpty }

  func agent(of sender: String) -> Agent? { agents.first { $0.sender == sender } }

  /// The agent to ask on behalf of a sender: its own, else the default one.
  func agent(for sender: String?) -> Agent? {
    sender.flatMap { agent(of: $0) } ?? agents.first
  }

  mutating func register(_ agent: Agent) -> DBusErrorReply? {
    guard self.agent(of: agent.sender) == nil else { return .alreadyExists }
    guard agents.count < Self.limit else { return .failed("Too many agents") }
    agents.append(agent)
    return nil
  }

  mutating func makeDefault(sender: String, path: ObjectPath) -> DBusErrorReply? {
    guard let index = agents.firstIndex(where: { $0.sender == sender && $0.path == path }) else { return .doesNotExist }
    agents.insert(agents.remove(at: index), at: 0)
    return nil
  }

  mutating func unregister(sender: String, path: ObjectPath) -> DBusErrorReply? {
    guard agents.contains(where: { $0.sender == sender && $0.path == path }) else { return .doesNotExist }
    agents.removeAll { $0.sender == sender }
    return nil
  }

  mutating func forget(_ sender: String) { agents.removeAll { $0.sender == sender } }
}
