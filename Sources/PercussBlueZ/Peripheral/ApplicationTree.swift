internal import PercussDBus
internal import PercussGATT

/// What a characteristic demands of the link, beside its properties; the names are those of BlueZ's `Flags`.
public struct AttributeSecurity: OptionSet, Hashable, Sendable {
  /// One bit for each flag.
  public let rawValue: UInt8

  /// Flags from their bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Reading needs encryption.
  public static let encryptRead = AttributeSecurity(rawValue: 0x01)
  /// Writing needs encryption.
  public static let encryptWrite = AttributeSecurity(rawValue: 0x02)
  /// Reading needs encryption after a pairing with protection against a man in the middle.
  public static let authenticatedRead = AttributeSecurity(rawValue: 0x04)
  /// Writing needs encryption after a pairing with protection against a man in the middle.
  public static let authenticatedWrite = AttributeSecurity(rawValue: 0x08)
  /// Reading needs LE Secure Connections.
  public static let secureRead = AttributeSecurity(rawValue: 0x10)
  /// Writing needs LE Secure Connections.
  public static let secureWrite = AttributeSecurity(rawValue: 0x20)
  /// The application is asked before a long write.
  public static let authorize = AttributeSecurity(rawValue: 0x40)

  /// As in `encrypt-read`, in the order of the bits.
  public var flags: [String] { Self.names.filter { contains($0.0) }.map(\.1) }

  private static let names: [(AttributeSecurity, String)] = [
    (.encryptRead, "encrypt-read"), (.encryptWrite, "encrypt-write"),
    (.authenticatedRead, "encrypt-authenticated-read"), (.authenticatedWrite, "encrypt-authenticated-write"),
    (.secureRead, "secure-read"), (.secureWrite, "secure-write"), (.authorize, "authorize"),
  ]
}

/// The objects of a GATT application: a service, its characteristics and their descriptors, one below the other, in the order of their handles.
struct ApplicationTree {
  enum Role: Equatable {
    case service
    case characteristic(BluetoothUUID)
    /// A descriptor with that value.
    case descriptor([UInt8])
  }

  struct Entry {
    let path: ObjectPath
    let role: Role
    let interface: InterfaceDescription
    /// Those that never change.
    let properties: [String: DBusValue]
  }

  private(set) var entries: [Entry] = []
  private(set) var paths: [BluetoothUUID: ObjectPath] = [:]

  /// - Parameter hasDescriptions: whether each characteristic has its name in a descriptor (Core Vol 3 Part G 3.3.3.2).
  init(
    of profile: Profile, at root: ObjectPath, security: [BluetoothUUID: AttributeSecurity], hasDescriptions: Bool
  ) {
    // bluetoothd keeps the order of the paths, as texts.
    for (number, service) in profile.services.enumerated() {
      let path = root.appending("service\(Self.digits(number))")
      entries.append(
        Entry(
          path: path, role: .service, interface: Self.service,
          properties: ["UUID": .string(service.uuid.fullText), "Primary": .boolean(true)]))
      for (number, characteristic) in service.characteristics.enumerated() {
        add(characteristic, at: path.appending("char\(Self.digits(number))"), of: path, security, hasDescriptions)
      }
    }
  }

  private mutating func add(
    _ characteristic: CharacteristicDescription, at path: ObjectPath, of service: ObjectPath,
    _ security: [BluetoothUUID: AttributeSecurity], _ hasDescriptions: Bool
  ) {
    // The peripheral knows characteristics by their UUID.
    guard paths.updateValue(path, forKey: characteristic.uuid) == nil else { return }
    let flags = characteristic.properties.flags + (security[characteristic.uuid]?.flags ?? [])
    entries.append(
      Entry(
        path: path, role: .characteristic(characteristic.uuid), interface: Self.characteristic,
        properties: [
          "UUID": .string(characteristic.uuid.fullText), "Service": .objectPath(service), "Flags": .strings(flags),
        ]))
    guard hasDescriptions else { return }
    entries.append(
      Entry(
        path: path.appending("desc0000"), role: .descriptor(Array(characteristic.name.utf8)),
        interface: Self.descriptor,
        properties: [
          "UUID": .string(BluetoothUUID(0x2901).fullText), "Characteristic": .objectPath(path),
          "Flags": .strings(["read"]),
        ]))
  }

  private static func digits(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private static let service = InterfaceDescription(
    BlueZ.Interface.service, properties: [.init("UUID", "s"), .init("Primary", "b")])

  private static let characteristic = InterfaceDescription(
    BlueZ.Interface.characteristic,
    methods: [
      .init("ReadValue", in: [.init("options", "a{sv}")], out: [.init("value", "ay")]),
      .init("WriteValue", in: [.init("value", "ay"), .init("options", "a{sv}")]),
      .init("AcquireWrite", in: [.init("options", "a{sv}")], out: [.init("fd", "h"), .init("mtu", "q")]),
      .init("AcquireNotify", in: [.init("options", "a{sv}")], out: [.init("fd", "h"), .init("mtu", "q")]),
      .init("StartNotify"), .init("StopNotify"), .init("Confirm"),
    ],
    properties: [
      .init("UUID", "s"), .init("Service", "o"), .init("Flags", "as"), .init("NotifyAcquired", "b"),
      .init("WriteAcquired", "b"),
    ])

  private static let descriptor = InterfaceDescription(
    BlueZ.Interface.descriptor,
    methods: [
      .init("ReadValue", in: [.init("options", "a{sv}")], out: [.init("value", "ay")]),
      .init("WriteValue", in: [.init("value", "ay"), .init("options", "a{sv}")]),
    ],
    properties: [.init("UUID", "s"), .init("Characteristic", "o"), .init("Flags", "as")])
}
