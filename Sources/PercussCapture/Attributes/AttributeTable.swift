public import PercussGATT

/// What is at a handle of a server.
public struct CapturedAttribute: Equatable, Sendable {
  /// The attribute's type: of a characteristic's value the characteristic.
  public var uuid: BluetoothUUID
  /// What it is.
  public var kind: Kind
  /// Of a descriptor the characteristic that it describes, where that is known; otherwise ``uuid``.
  public var characteristic: BluetoothUUID
  /// What its values are.
  public var format: FrameFormat?
  /// Whether the capture has not told it: it follows from the values, which are those of a Percuss device.
  public var isAssumed = false

  /// What an attribute is.
  public enum Kind: UInt8, Sendable {
    case service
    case declaration
    case value
    case descriptor
  }

  /// An attribute of a type.
  public init(_ uuid: BluetoothUUID, _ kind: Kind, of characteristic: BluetoothUUID? = nil) {
    self.uuid = uuid
    self.kind = kind
    self.characteristic = characteristic ?? uuid
    format = kind == .value ? FrameFormat(uuid) : nil
  }
}

/// The attributes of one server, as far as they are known.
struct AttributeTable {
  /// For each handle 0, or one more than its place in ``attributes``.
  private var places: [UInt16] = []
  private var attributes: [CapturedAttribute] = []
  /// Places in it that are free again.
  private var freePlaces: [UInt16] = []
  /// Handles that are told from the values at them.
  var guess = LayoutGuess()

  /// How many there are.
  var count: Int { attributes.count &- freePlaces.count }

  @inline(__always)
  subscript(handle: UInt16) -> CapturedAttribute? {
    guard Int(handle) < places.count else { return nil }
    let place = Int(places[Int(handle)])
    return place == 0 ? nil : attributes[place &- 1]
  }

  /// Takes what the capture says is at a handle; what was assumed or said before is forgotten.
  ///
  /// - Returns: whether there is one more attribute than before.
  mutating func learn(_ attribute: CapturedAttribute, at handle: UInt16) -> Bool {
    guard handle != 0 else { return false }
    if Int(handle) >= places.count {
      places.append(contentsOf: repeatElement(0, count: (Int(handle) | 63) &+ 1 &- places.count))
    }
    let place = Int(places[Int(handle)])
    if place > 0 {
      attributes[place &- 1] = attribute
      return false
    }
    if let free = freePlaces.popLast() {
      attributes[Int(free) &- 1] = attribute
      places[Int(handle)] = free
      return true
    }
    guard attributes.count < Int(UInt16.max) else { return false }
    attributes.append(attribute)
    places[Int(handle)] = UInt16(attributes.count)
    return true
  }

  /// Forgets what is at some handles: the server has told that they changed.
  mutating func forget(_ handles: ClosedRange<UInt16>) {
    guard !places.isEmpty, handles.lowerBound < places.count else { return }
    let last = min(Int(handles.upperBound), places.count &- 1)
    for handle in Int(handles.lowerBound)...last where places[handle] > 0 {
      freePlaces.append(places[handle])
      places[handle] = 0
    }
    // Nothing is looked at twice, however often everything changes.
    if last == places.count &- 1 { places.removeSubrange(Int(handles.lowerBound)...) }
    guess = LayoutGuess()
  }

  /// Forgets what was told from values alone, and tells nothing from them any more.
  ///
  /// - Returns: how many attributes there are less than before.
  mutating func withdrawGuess() -> Int {
    let before = count
    for (place, _) in guess.start == nil ? [] : LayoutGuess.attributes(of: .percuss) {
      let handle = (guess.start ?? 0) &+ place
      guard self[handle]?.isAssumed == true else { continue }
      freePlaces.append(places[Int(handle)])
      places[Int(handle)] = 0
    }
    guess.refute()
    return before &- count
  }

  /// The characteristic whose descriptor is at a handle: that of the nearest value before it.
  func characteristic(before handle: UInt16) -> BluetoothUUID? {
    var place = Int(handle) &- 1
    while place > 0, place > Int(handle) &- 32 {
      if let attribute = self[UInt16(place)] {
        switch attribute.kind {
        case .value: return attribute.uuid
        case .declaration, .service: return nil
        case .descriptor: break
        }
      }
      place &-= 1
    }
    return nil
  }

  /// All of it, in the order of the handles.
  var all: [(handle: UInt16, attribute: CapturedAttribute)] {
    places.enumerated().compactMap { handle, place in
      place == 0 ? nil : (UInt16(handle), attributes[Int(place) &- 1])
    }
  }
}

extension AttributeTable {
  /// Takes an attribute whose type alone is known.
  mutating func learn(type: BluetoothUUID, at handle: UInt16) -> Bool {
    switch type.assignedNumber {
    case 0x2800, 0x2801: return learn(CapturedAttribute(type, .service), at: handle)
    case 0x2802, 0x2803: return learn(CapturedAttribute(type, .declaration), at: handle)
    case let number? where (0x2900...0x29FF).contains(number):
      return learn(CapturedAttribute(type, .descriptor, of: characteristic(before: handle)), at: handle)
    case let number? where (0x2A00...0x2BFF).contains(number): return learn(CapturedAttribute(type, .value), at: handle)
    default:
      // A value has its declaration before it, a descriptor another descriptor or its value.
      guard FrameFormat(type) == nil, let described = characteristic(before: handle) else {
        return learn(CapturedAttribute(type, .value), at: handle)
      }
      return learn(CapturedAttribute(type, .descriptor, of: described), at: handle)
    }
  }

  /// Takes a characteristic as it was declared, and the configuration behind its value that clients such as BlueZ do not look for where it can only be there.
  ///
  /// - Returns: how many attributes there are more than before.
  mutating func learn(
    characteristic: BluetoothUUID, _ properties: CharacteristicProperties, declaredAt declaration: UInt16,
    valueAt value: UInt16
  ) -> Int {
    var added =
      learn(CapturedAttribute(BluetoothUUID(0x2803), .declaration, of: characteristic), at: declaration) ? 1 : 0
    added &+= learn(CapturedAttribute(characteristic, .value), at: value) ? 1 : 0
    guard !properties.isDisjoint(with: [.notify, .indicate]), value < .max, self[value &+ 1] == nil else {
      return added
    }
    var configuration = CapturedAttribute(BluetoothUUID(0x2902), .descriptor, of: characteristic)
    configuration.isAssumed = true
    return added &+ (learn(configuration, at: value &+ 1) ? 1 : 0)
  }
}
