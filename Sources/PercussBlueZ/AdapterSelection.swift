/// Which adapter of this machine to use.
///
/// ```swift
/// AdapterSelection("hci0")                          // by name; the number may change when adapters come and go
/// AdapterSelection("00:AA:01:00:00:00")             // by address, which stays
/// ```
public enum AdapterSelection: Hashable, Sendable, CustomStringConvertible {
  /// One that suits, preferably switched on.
  case `default`
  /// The one with this address.
  case address(BluetoothAddress)
  /// The one with this name, as in `hci0`.
  case name(String)

  /// An address, or a name that begins with a letter or digit and has only those; nil for anything else.
  public init?(_ text: String) {
    if let address = BluetoothAddress(text) {
      self = .address(address)
    } else {
      guard (1...64).contains(text.utf8.count),
        text.unicodeScalars.allSatisfy({
          $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
        })
      else { return nil }
      self = .name(text)
    }
  }

  /// The adapter that is meant; nil when it is not there.
  ///
  /// - Parameter isSuitable: where any will do, one of these is taken if there is one.
  public func choose(
    from adapters: [BlueZAdapter], where isSuitable: (BlueZAdapter) -> Bool = { _ in true }
  ) -> BlueZAdapter? {
    switch self {
    case .default:
      let suitable = adapters.filter(isSuitable)
      return suitable.first { $0.isPowered } ?? suitable.first ?? adapters.first
    case .address(let address): return adapters.first { $0.address == address }
    case .name(let name): return adapters.first { $0.name == name }
    }
  }

  /// The address or the name; empty for ``default``.
  public var description: String {
    switch self {
    case .default: ""
    case .address(let address): address.description
    case .name(let name): name
    }
  }
}
