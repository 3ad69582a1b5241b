import PercussBlueZ
import PercussClient
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import Testing

@testable import PercussBlueZ

/// One way in which a bluetoothd differs from the ordinary, and what our client does with it.
struct QuirkCase: Sendable, CustomTestStringConvertible {
  /// Switches by their names, with their values as texts.
  let settings: [String: String]
  private let circumstances: String
  let play: @Sendable (ClientConversation) async throws -> Void

  /// - Parameters:
  ///   - circumstances: in which the switches matter; empty where they matter to everybody.
  ///   - play: two whole conversations unless something else is to happen.
  init(
    _ settings: [String: String], _ circumstances: String = "",
    play: @escaping @Sendable (ClientConversation) async throws -> Void = Self.playTwice
  ) {
    self.settings = settings
    self.circumstances = circumstances
    self.play = play
  }

  var testDescription: String {
    let switches = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    return circumstances.isEmpty ? switches : "\(switches) (\(circumstances))"
  }

  func quirks() throws -> EmulationQuirks {
    var quirks = EmulationQuirks()
    for (name, value) in settings { try quirks.set(name, to: value) }
    return quirks
  }

  static let playTwice: @Sendable (ClientConversation) async throws -> Void = { talk in
    try await talk.play()
    try await talk.play()
  }

  // MARK: The table

  /// At least one for each value of each switch.
  static let table: [QuirkCase] = ordinary + staged

  /// Where two whole conversations are what there is to see.
  static let ordinary: [QuirkCase] = [
    QuirkCase(["connectedSignal": "afterReply"]), QuirkCase(["connectedSignal": "missing"]),
    QuirkCase(["servicesResolved": "beforeObjects"]), QuirkCase(["servicesResolved": "beforeReply"]),
    QuirkCase(["resolutionDelay": "500ms"]), QuirkCase(["stuckStopDiscoveries": "1"]),
    QuirkCase(["stuckStopDiscoveries": "2"]), QuirkCase(["discoveryNeedsTransportFilter": "true"]),
    QuirkCase(["signalsLargeRSSIChangesOnly": "true"]), QuirkCase(["temporaryTimeout": "50ms"]),
    QuirkCase(["discoveryEndEvicts": "true"]), QuirkCase(["abortedConnects": "2"]),
    QuirkCase(["abortEvicts": "true", "abortedConnects": "2"]), QuirkCase(["disconnectDelay": "2s"]),
    QuirkCase(["disconnectReplyComesFirst": "false"]), QuirkCase(["offersAcquireNotify": "false"]),
    QuirkCase(["offersAcquireWrite": "false"]), QuirkCase(["acquiresIndications": "true"]),
    QuirkCase(["forgetsServices": "true"]), QuirkCase(["reordersBursts": "true"]),
  ]

  /// Several at once; more of them are drawn at random.
  static let combinations: [QuirkCase] = [
    QuirkCase([
      "abortedConnects": "1", "abortEvicts": "true", "discoveryEndEvicts": "true", "connectedSignal": "missing",
      "servicesResolved": "beforeObjects",
    ]),
    QuirkCase(["offersAcquireNotify": "false", "offersAcquireWrite": "false", "reordersBursts": "true"]),
    QuirkCase([
      "disconnectDelay": "2s", "resolutionDelay": "300ms", "disconnectReplyComesFirst": "false",
      "sendsDisconnectedSignal": "true",
    ]),
    QuirkCase(["forgetsServices": "true", "servicesResolved": "beforeReply", "connectedSignal": "afterReply"]),
  ]

  /// Every one of the ordinary cases with the probability of a quarter.
  static func drawn(seed: UInt64) -> QuirkCase {
    var random = SeededGenerator(seed: seed)
    var settings: [String: String] = [:]
    for quirk in ordinary where random.next(upperBound: UInt64(4)) == 0 {
      settings.merge(quirk.settings) { known, _ in known }
    }
    return QuirkCase(settings, "seed \(seed)")
  }
}
