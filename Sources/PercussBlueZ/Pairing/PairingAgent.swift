/// What the user can see, enter and decide while a device is being paired (Core Vol 3 Part H 2.3.5.1).
///
/// ```swift
/// try await central.pair(device.id, agent: .justWorks, timeout: .seconds(30))
///
/// var agent = PairingAgent()
/// agent.confirm = { device, number in await ask("Does \(device) show \(number)?") }
/// try await central.pair(device.id, agent: agent, timeout: .seconds(60))
/// ```
///
/// Which questions can be answered decides how safe the pairing is against somebody in between; with none (``justWorks``) it is not. Every question has
/// ``answerTimeout``; what is not answered by then is refused. When the pairing ends before the answer, the question's task is cancelled.
public struct PairingAgent: Sendable {
  /// How long a question waits for its answer; the security manager gives up at the same time (Core Vol 3 Part H 3.4).
  public var answerTimeout: Duration = .seconds(30)

  /// Asks for the six digits that the device shows; nil refuses.
  public var enterPasskey: (@Sendable (_ device: String) async -> UInt32?)?
  /// Shows the six digits that are to be entered on the device. Called again as they are entered.
  public var showPasskey: (@Sendable (_ device: String, _ passkey: UInt32, _ entered: Int) async -> Void)?
  /// Asks whether the device shows the same six digits.
  public var confirm: (@Sendable (_ device: String, _ passkey: UInt32) async -> Bool)?
  /// Asks whether to pair at all, where there is nothing to compare. Without it the answer is yes: the pairing was this program's own wish.
  public var authorize: (@Sendable (_ device: String) async -> Bool)?

  /// Without questions: see ``justWorks``.
  public init() {}

  /// Pairs without asking anybody: encrypted, but not safe against somebody in between.
  public static let justWorks = PairingAgent()

  /// The capability that bluetoothd is told.
  var capability: String {
    switch (enterPasskey != nil, showPasskey != nil, confirm != nil) {
    case (true, true, _), (true, _, true): "KeyboardDisplay"
    case (true, false, false): "KeyboardOnly"
    case (false, _, true): "DisplayYesNo"
    case (false, true, false): "DisplayOnly"
    case (false, false, false): "NoInputNoOutput"
    }
  }
}
