import PercussGATT

/// The bytes of a packet as others may see them: empty, until bytes of the original that are known to be harmless are copied, or replaced.
struct AnonymousBytes {
  /// The original.
  let original: [UInt8]
  /// What is written instead of it.
  private(set) var bytes: [UInt8]
  private let addresses: MadeUpAddresses

  init(_ original: [UInt8], filledWith filling: UInt8 = 0, _ addresses: MadeUpAddresses) {
    self.original = original
    bytes = Array(repeating: filling, count: original.count)
    self.addresses = addresses
  }

  var count: Int { original.count }

  func byte(_ place: Int) -> UInt8 { place < original.count ? original[place] : 0 }

  func little16(_ place: Int) -> UInt16 { UInt16(byte(place)) | UInt16(byte(place &+ 1)) << 8 }

  /// Copies bytes, as far as there are so many.
  mutating func keep(_ range: Range<Int>) {
    let range = range.clamped(to: original.indices)
    bytes.replaceSubrange(range, with: original[range])
  }

  mutating func keepAll() { bytes = original }

  /// Writes a letter over a text.
  mutating func replaceText(_ range: Range<Int>) {
    for place in range.clamped(to: original.indices) { bytes[place] = UInt8(ascii: "x") }
  }

  /// Writes other bytes, as far as there is room.
  mutating func write(_ new: ArraySlice<UInt8>, at place: Int) {
    for (index, byte) in new.enumerated() where bytes.indices.contains(place &+ index) { bytes[place &+ index] = byte }
  }

  /// Replaces an address of six bytes, least significant first, that is all there.
  mutating func replaceAddress(at place: Int, _ counts: inout AnonymizedCounts) {
    guard place &+ 6 <= original.count else { return }
    let number = (0..<6).reduce(0 as UInt64) { $0 | UInt64(byte(place &+ $1)) << UInt64(8 &* $1) }
    let other = addresses.address(for: number)
    for index in 0..<6 { bytes[place &+ index] = UInt8(truncatingIfNeeded: other >> UInt64(8 &* index)) }
    if other != number { counts.addresses &+= 1 }
  }
}

extension AnonymousBytes {
  /// A HCI command: its kind and length, and parameters where they are numbers.
  mutating func command(_ counts: inout AnonymizedCounts) {
    keep(0..<3)
    switch (little16(0), count) {
    case (0x0406, 6): keep(3..<6)  // Disconnect
    case (0x0C03, 3): break  // Reset
    case (0x200A, 4), (0x200C, 5), (0x2013, 17), (0x2016, 5): keepAll()  // Advertise, scan, update, read features
    case (0x200D, 28):  // LE Create Connection
      keepAll()
      replaceAddress(at: 9, &counts)
    default: if count > 3 { counts.hciPackets &+= 1 }
    }
  }

  /// A HCI event (Core Vol 4 Part E 7.7): its kind and length, and fields that are known to be numbers.
  mutating func event(_ counts: inout AnonymizedCounts) {
    keep(0..<2)
    let length = count &- 2
    switch byte(0) {
    case 0x03 where length == 11:
      keepAll()
      replaceAddress(at: 5, &counts)
    case 0x05 where length == 4, 0x08 where length == 4, 0x59 where length == 5, 0x30 where length == 3,
      0x0F where length == 4, 0x13 where length == 1 &+ 4 &* Int(byte(2)):
      keepAll()
    case 0x0E where length >= 3:
      keep(2..<6)
      if little16(3) == 0x1009, length == 10 { return replaceAddress(at: 6, &counts) }
      if length > 4 { counts.hciPackets &+= 1 }
    case 0x3E where length >= 1: lowEnergyEvent(&counts)
    default: if length > 0 { counts.hciPackets &+= 1 }
    }
  }

  private mutating func lowEnergyEvent(_ counts: inout AnonymizedCounts) {
    keep(2..<3)
    let length = count &- 2
    switch byte(2) {
    case 0x01 where length == 19:
      keepAll()
      replaceAddress(at: 8, &counts)
    case 0x0A where length == 31, 0x29 where length == 34:
      keepAll()
      for place in [8, 14, 20] { replaceAddress(at: place, &counts) }
    case 0x03 where length == 10, 0x04 where length == 12, 0x06 where length == 11, 0x07 where length == 11,
      0x0C where length == 6, 0x12 where length == 4, 0x14 where length == 6:
      keepAll()
    case 0x02: reports(head: 8, address: 2, direct: nil, tail: 1, &counts)
    case 0x0D: reports(head: 23, address: 3, direct: 17, tail: 0, &counts)
    case 0x0B: reports(head: 15, address: 2, direct: 9, tail: 1, &counts, hasData: false)
    default: if length > 1 { counts.hciPackets &+= 1 }
    }
  }

  /// Advertising reports, one behind the other (Core Vol 4 Part E 7.7.65).
  ///
  /// - Parameters:
  ///   - head: the bytes before the length of the data.
  ///   - address: the place of the advertiser's address in them.
  ///   - direct: the place of the address that is advertised to.
  ///   - tail: the bytes behind the data.
  private mutating func reports(
    head: Int, address: Int, direct: Int?, tail: Int, _ counts: inout AnonymizedCounts, hasData: Bool = true
  ) {
    keep(3..<4)
    var place = 4
    for _ in 0..<byte(3) {
      let data = place &+ head &+ (hasData ? 1 : 0)
      guard data &+ tail <= count else { return }
      let length = hasData ? Int(byte(data &- 1)) : 0
      guard data &+ length &+ tail <= count else { return }
      keep(place..<data)
      replaceAddress(at: place &+ address, &counts)
      if let direct { replaceAddress(at: place &+ direct, &counts) }
      advertisingData(data..<data &+ length, &counts)
      keep(data &+ length..<data &+ length &+ tail)
      place = data &+ length &+ tail
    }
  }

  /// Fields of a length, a type and data (Core Vol 3 Part C 11).
  private mutating func advertisingData(_ range: Range<Int>, _ counts: inout AnonymizedCounts) {
    var place = range.lowerBound
    while place < range.upperBound {
      let end = place &+ 1 &+ Int(byte(place))
      guard end <= range.upperBound else { return }
      keep(place..<min(place &+ 2, end))
      switch byte(place &+ 1) {
      // Flags, lists of services, transmit power, the wished-for interval, appearance.
      case 0x01...0x07, 0x0A, 0x12, 0x19: keep(place..<end)
      case 0x08, 0x09:
        replaceText(min(place &+ 2, end)..<end)
        counts.names &+= 1
      default: if end > place &+ 2 { counts.advertisingFields &+= 1 }
      }
      place = end
    }
  }

  /// What the Linux monitor says of a new adapter: type, bus, address, and its name of eight bytes, as in `hci0`.
  mutating func controllerAdded(_ controller: UInt16, _ counts: inout AnonymizedCounts) {
    keep(0..<2)
    replaceAddress(at: 2, &counts)
    let name = Array("hci\(controller)".utf8)
    if count > 8, original[8...].starts(with: name), original[8...].dropFirst(name.count).allSatisfy({ $0 == 0 }) {
      keep(8..<count)
    } else if count > 8 {
      replaceText(8..<count)
      counts.names &+= 1
    }
  }

  /// L2CAP signalling of LE: the numbers of channels, credits and connection parameters; of other commands only which they are.
  mutating func signalling() {
    var place = 0
    while place &+ 4 <= count {
      let end = min(count, place &+ 4 &+ Int(little16(place &+ 2)))
      let isKnown = [0x01, 0x06, 0x07].contains(byte(place)) || (0x12...0x1A).contains(byte(place))
      keep(place..<(isKnown ? min(end, place &+ 24) : place &+ 4))
      place = end
    }
    keep(place..<count)
  }
}
