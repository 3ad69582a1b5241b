internal import PercussDBus
public import PercussGATT
internal import PercussTime

/// What a peripheral advertises through bluetoothd: an advertisement of at most 31 bytes, and the name in the scan response.
///
/// ```swift
/// var content = AdvertisementContent(name: "Percuss Elite 0001", services: [.percussService])
/// content.size                                          // 21: 3 of flags, 18 of one 128-bit UUID
/// ```
///
/// bluetoothd 5.66 does not survive one that is too long (mended in 5.74), so ``validate()`` counts before anything is registered.
public struct AdvertisementContent: Hashable, Sendable {
  /// The name, in the scan response; of more than 29 bytes in UTF-8 only whole characters within the first 29 are sent.
  public var name: String?
  /// The services, as many as there is room for: 2 bytes each for numbers of 16 bits, 16 for all others, and 2 for each of the two lists.
  public var services: [BluetoothUUID]
  /// Manufacturer Specific Data by company: 4 bytes and the data each.
  public var manufacturerData: [UInt16: [UInt8]] = [:]
  /// Service Data by service: 4 or 18 bytes and the data each.
  public var serviceData: [BluetoothUUID: [UInt8]] = [:]
  /// Appearance (Assigned Numbers 2.6): 4 bytes.
  public var appearance: UInt16?
  /// Whether the power that it is sent with is told: 3 bytes.
  public var includesTransmitPower = false
  /// Whether scanners show it: general discoverable mode. The flags take 3 bytes, whether or not.
  public var isDiscoverable = true
  /// Time between two advertisements, 20 ms to 10 s; controllers that cannot choose take 1.28 s.
  public var interval: ClosedRange<Duration> = .milliseconds(100)...(.milliseconds(200))

  /// An advertisement of a device that can be found and connected.
  public init(name: String? = nil, services: [BluetoothUUID] = []) {
    self.name = name
    self.services = services
  }

  /// The most bytes that an advertisement has (Core Vol 6 Part B 2.3.1).
  public static let sizeLimit = 31
  /// The most bytes that a name in the scan response has.
  public static let nameLimit = 29

  /// How many bytes the advertisement has, with its flags and without the scan response.
  public var size: Int {
    func list(_ count: Int, of size: Int) -> Int { count == 0 ? 0 : 2 + count * size }
    let short = services.count { $0.assignedNumber != nil }
    var size = 3 + list(short, of: 2) + list(services.count - short, of: 16)
    for data in manufacturerData.values { size += 4 + data.count }
    for (service, data) in serviceData { size += (service.assignedNumber == nil ? 18 : 4) + data.count }
    if appearance != nil { size += 4 }
    if includesTransmitPower { size += 3 }
    return size
  }

  /// The name as it is sent.
  public var sentName: String? {
    guard let name, !name.isEmpty else { return nil }
    var sent = ""
    var count = 0
    for character in name where !character.unicodeScalars.contains("\0") {
      count += character.utf8.count
      guard count <= Self.nameLimit else { break }
      sent.append(character)
    }
    return sent.isEmpty ? nil : sent
  }

  /// Checks what bluetoothd would not survive, or would refuse.
  ///
  /// - Throws: ``PeripheralError/advertisementTooLong(size:limit:)``, ``PeripheralError/advertisingInterval(_:)``.
  public func validate() throws(PeripheralError) {
    guard size <= Self.sizeLimit else { throw .advertisementTooLong(size: size, limit: Self.sizeLimit) }
    guard interval.lowerBound >= .milliseconds(20), interval.upperBound <= .milliseconds(10_240) else {
      throw .advertisingInterval(interval)
    }
  }

  /// The properties of `LEAdvertisement1`.
  var properties: [String: DBusValue] {
    var properties: [String: DBusValue] = [
      "Type": .string("peripheral"), "ServiceUUIDs": .strings(services.map(\.fullText)),
      "Discoverable": .boolean(isDiscoverable),
      "MinInterval": .uint32(UInt32(clamping: interval.lowerBound.wholeMilliseconds)),
      "MaxInterval": .uint32(UInt32(clamping: interval.upperBound.wholeMilliseconds)),
    ]
    if let sentName { properties["LocalName"] = .string(sentName) }
    if let appearance { properties["Appearance"] = .uint16(appearance) }
    if includesTransmitPower { properties["Includes"] = .strings(["tx-power"]) }
    if !manufacturerData.isEmpty {
      let entries = manufacturerData.sorted { $0.key < $1.key }.map {
        DBusValue.Entry(.uint16($0.key), .variant(.bytes($0.value)))
      }
      properties["ManufacturerData"] = .dictionary(entries, key: DBusValue.uint16(0).signature, value: .variant)
    }
    if !serviceData.isEmpty {
      let entries = serviceData.sorted { $0.key < $1.key }.map {
        DBusValue.Entry(.string($0.key.fullText), .variant(.bytes($0.value)))
      }
      properties["ServiceData"] = .dictionary(entries, key: .string, value: .variant)
    }
    return properties
  }
}
