/// One of the ``EmulationQuirks`` by its name, for configuration files, command lines and the control interface.
///
/// ```swift
/// var quirks = EmulationQuirks()
/// try quirks.set("abortedConnects", to: "2")
/// try quirks.set("disconnectDelay", to: "2s")
/// quirks.text(of: "connectedSignal")            // "beforeReply"
/// ```
public struct QuirkSwitch: Sendable {
  /// The name of the property.
  public let name: String
  /// What can be set, for people: `true or false`, `a number`, a duration, or the choices.
  public let values: String
  let get: @Sendable (EmulationQuirks) -> String
  /// False when the text is no such value.
  let set: @Sendable (inout EmulationQuirks, String) -> Bool

  private typealias Path<Value> = WritableKeyPath<EmulationQuirks, Value> & Sendable

  private static func flag(_ name: String, _ path: any Path<Bool>) -> QuirkSwitch {
    QuirkSwitch(
      name: name, values: "true or false", get: { $0[keyPath: path] ? "true" : "false" },
      set: { quirks, text in
        guard let value = Bool(text) else { return false }
        quirks[keyPath: path] = value
        return true
      })
  }

  private static func count(_ name: String, _ path: any Path<Int>) -> QuirkSwitch {
    QuirkSwitch(
      name: name, values: "a number of times, 0 or more", get: { String($0[keyPath: path]) },
      set: { quirks, text in
        guard let value = Int(text), value >= 0 else { return false }
        quirks[keyPath: path] = value
        return true
      })
  }

  private static func duration(_ name: String, _ path: any Path<Duration>) -> QuirkSwitch {
    QuirkSwitch(
      name: name, values: "a duration, as in 300ms or 2s", get: { $0[keyPath: path].quirkText },
      set: { quirks, text in
        guard let value = Duration(quirkText: text) else { return false }
        quirks[keyPath: path] = value
        return true
      })
  }

  private static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: any Path<Value>
  ) -> QuirkSwitch {
    QuirkSwitch(
      name: name, values: Value.allCases.map(\.rawValue).joined(separator: ", "),
      get: { $0[keyPath: path].rawValue },
      set: { quirks, text in
        guard let value = Value(rawValue: text) else { return false }
        quirks[keyPath: path] = value
        return true
      })
  }

  /// All of them, in the order of their documentation.
  public static let all: [QuirkSwitch] = [
    choice("connectedSignal", \.connectedSignal), choice("servicesResolved", \.servicesResolved),
    duration("resolutionDelay", \.resolutionDelay), flag("adapterVanishesSilently", \.adapterVanishesSilently),
    flag("adaptersAreRenumbered", \.adaptersAreRenumbered), count("stuckStopDiscoveries", \.stuckStopDiscoveries),
    flag("killedScannerLocksDiscovery", \.killedScannerLocksDiscovery),
    flag("discoveryNeedsTransportFilter", \.discoveryNeedsTransportFilter),
    flag("signalsLargeRSSIChangesOnly", \.signalsLargeRSSIChangesOnly),
    duration("temporaryTimeout", \.temporaryTimeout), flag("discoveryEndEvicts", \.discoveryEndEvicts),
    count("abortedConnects", \.abortedConnects), flag("abortEvicts", \.abortEvicts),
    duration("connectTimeout", \.connectTimeout),
    flag("concurrentConnectIsInProgress", \.concurrentConnectIsInProgress),
    duration("disconnectDelay", \.disconnectDelay), flag("disconnectReplyComesFirst", \.disconnectReplyComesFirst),
    flag("sendsDisconnectedSignal", \.sendsDisconnectedSignal),
    flag("rejectedPairingLeavesReadsPending", \.rejectedPairingLeavesReadsPending),
    flag("offersAcquireNotify", \.offersAcquireNotify), flag("offersAcquireWrite", \.offersAcquireWrite),
    flag("acquiresIndications", \.acquiresIndications),
    flag("lostAcquireNotifyStaysLocked", \.lostAcquireNotifyStaysLocked),
    flag("noticesChangedServices", \.noticesChangedServices), flag("forgetsServices", \.forgetsServices),
    flag("claimedServicesAreReadOnly", \.claimedServicesAreReadOnly), flag("reordersBursts", \.reordersBursts),
  ]
}

extension EmulationQuirks {
  /// The value of a switch as text; nil when there is none of that name.
  public func text(of name: String) -> String? {
    QuirkSwitch.all.first { $0.name == name }?.get(self)
  }

  /// Sets a switch from a text.
  ///
  /// - Throws: ``QuirkError`` naming what there is, or what the switch takes.
  public mutating func set(_ name: String, to text: String) throws(QuirkError) {
    guard let quirk = QuirkSwitch.all.first(where: { $0.name == name }) else { throw .unknown(name) }
    guard quirk.set(&self, text) else { throw .badValue(text, of: name, expected: quirk.values) }
  }
}

/// Why a switch could not be set.
public enum QuirkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no switch of that name.
  case unknown(String)
  /// The switch does not take that value.
  case badValue(String, of: String, expected: String)

  /// What is wrong, and what would be right.
  public var description: String {
    switch self {
    case .unknown(let name):
      "there is no quirk “\(name)”; there are \(QuirkSwitch.all.map(\.name).joined(separator: ", "))"
    case .badValue(let text, let name, let expected): "“\(text)” is no value of \(name): it takes \(expected)"
    }
  }
}

extension Duration {
  /// A whole number and `ms` or `s`, up to a day; nil for anything else.
  fileprivate init?(quirkText text: String) {
    let (digits, milliseconds): (Substring, Int64) =
      text.hasSuffix("ms") ? (text.dropLast(2), 1) : text.hasSuffix("s") ? (text.dropLast(), 1_000) : ("", 1)
    guard let number = Int64(digits), (0...86_400_000).contains(number) else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: milliseconds)
    guard !overflow, product <= 86_400_000 else { return nil }
    self = .milliseconds(product)
  }

  fileprivate var quirkText: String {
    let (seconds, attoseconds) = components
    return attoseconds == 0 ? "\(seconds)s" : "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)ms"
  }
}
