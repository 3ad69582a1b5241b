import PercussBlueZ
import PercussDBus
import PercussGATT
import Testing

@testable import PercussSimulator

/// What bluetoothd accepts from applications, and with which words it refuses the rest.
@Suite struct ApplicationReaderTests {
  private static let service = ObjectPath.root.appending("s")
  private static let characteristic = service.appending("c")

  @Test func `services and characteristics are read, with what else they offer`() throws {
    let application = try RegisteredApplication(
      ApplicationReply(objects: [
        Self.service: ApplicationReply.service(),
        Self.characteristic: ApplicationReply.characteristic(
          BluetoothUUID(0xAA01), ["read", "encrypt-write", "notify"], of: Self.service,
          ["NotifyAcquired": .boolean(false)]),
        Self.characteristic.appending("d"): [
          BlueZ.Interface.descriptor: [
            "UUID": .string("2901"), "Characteristic": .objectPath(Self.characteristic),
            "Flags": .strings(["read", "encrypt-write"]),
          ]
        ],
      ]).values)
    #expect(application.services.map(\.uuid) == [BluetoothUUID(0xAA00)])
    let read = try #require(application.services.first?.characteristics.first)
    #expect(read.properties == [.read, .write, .notify])
    #expect(read.needsEncryption && read.acquiresNotify && !read.acquiresWrite)
    let descriptor = try #require(read.descriptors.first)
    #expect(descriptor.uuid == BluetoothUUID(0x2901) && descriptor.path == Self.characteristic.appending("d"))
    #expect(descriptor.canRead && descriptor.canWrite && descriptor.needsEncryption)
  }

  @Test(
    arguments: [
      ([:], "No object received"),
      ([service: [BlueZ.Interface.advertisement: [:]]], "No valid service object found"),
      ([service: ApplicationReply.service("no uuid")], "Failed to create entry in database"),
      ([service: ApplicationReply.service("1800")], "Failed to create entry in database"),
      ([service: ApplicationReply.service(isPrimary: .string("yes"))], "Failed to create entry in database"),
      (
        [characteristic: ApplicationReply.characteristic(BluetoothUUID(0xAA01), ["read"], of: service)],
        "No valid service object found"
      ),
      (
        [
          service: ApplicationReply.service(),
          characteristic: ApplicationReply.characteristic(BluetoothUUID(0xAA01), ["rread"], of: service),
        ], "No valid service object found"
      ),
      (
        [
          service: ApplicationReply.service(),
          characteristic: ApplicationReply.characteristic(BluetoothUUID(0x1801), ["read"], of: service),
        ], "Failed to create entry in database"
      ),
    ] as [([ObjectPath: [String: [String: DBusValue]]], String)])
  func `an application that makes no sense is refused`(
    objects: [ObjectPath: [String: [String: DBusValue]]], message: String
  ) {
    #expect(throws: DBusErrorReply("org.bluez.Error.Failed", message)) {
      try RegisteredApplication(ApplicationReply(objects: objects).values)
    }
  }

  @Test func `an application of more objects, or of longer names, than anybody needs is refused`() {
    var many: [ObjectPath: [String: [String: DBusValue]]] = [:]
    for number in 0...RegisteredApplication.objectLimit {
      many[Self.service.appending("\(number)")] = ApplicationReply.service()
    }
    var long = [Self.service: ApplicationReply.service()]
    let text = String(repeating: "a", count: RegisteredApplication.byteLimit)
    long[Self.service]?["org.example"] = ["Text": .string(text)]
    for objects in [many, long] {
      #expect(throws: DBusErrorReply("org.bluez.Error.Failed", "Failed to create entry in database")) {
        try RegisteredApplication(ApplicationReply(objects: objects).values)
      }
    }
  }

  @Test(arguments: [[], [.string("nonsense")], [.properties(["a": .byte(1)])]] as [[DBusValue]])
  func `a reply of another type is no application`(reply: [DBusValue]) {
    #expect(throws: DBusErrorReply("org.bluez.Error.Failed", "No object received")) {
      try RegisteredApplication(reply)
    }
  }

  @Test func `an advertisement of our own peripheral is read as it was meant`() throws {
    let advertisement = try RegisteredAdvertisement([
      "Type": .string("peripheral"), "ServiceUUIDs": .strings([BluetoothUUID.percussService.fullText, "180f"]),
      "LocalName": .string("Percuss"), "Discoverable": .boolean(true), "Includes": .strings(["tx-power"]),
      "ServiceData": .properties(["180f": .bytes([1])]), "Timeout": .uint16(5), "Instance": .byte(0),
      "ManufacturerData": .dictionary(
        [.init(.uint16(0xFFFF), .variant(.bytes([1, 2])))], key: DBusValue.uint16(0).signature, value: .variant),
    ])
    #expect(advertisement.content.services == [.percussService, .batteryService])
    #expect(advertisement.content.manufacturerData == [0xFFFF: [1, 2]])
    #expect(advertisement.content.serviceData == [.batteryService: [1]])
    #expect(advertisement.size(onDiscoverable: true) == 3 + 18 + 4 + 6 + 5 + 3)
    #expect(advertisement.timeout == 5 && advertisement.hasInstance && advertisement.isConnectable)
  }

  @Test func `flags take room when the advertisement or the adapter has them`() throws {
    let bare = try RegisteredAdvertisement(["Type": .string("peripheral"), "ServiceUUIDs": .strings(["180f"])])
    #expect(bare.size(onDiscoverable: false) == 4)
    #expect(bare.size(onDiscoverable: true) == 7)
    let appearing = try RegisteredAdvertisement(["Type": .string("peripheral"), "Includes": .strings(["appearance"])])
    #expect(appearing.size(onDiscoverable: false) == 4)
  }

  @Test(
    arguments: [
      [:], ["Type": .string("beacon")], ["Type": .string("peripheral"), "ServiceUUIDs": .strings(["x"])],
      ["Type": .string("peripheral"), "LocalName": .string("a"), "Includes": .strings(["local-name"])],
      ["Type": .string("broadcast"), "Discoverable": .boolean(true)],
      ["Type": .string("peripheral"), "ServiceData": .properties(["180f": .string("text")])],
    ] as [[String: DBusValue]])
  func `an advertisement that makes no sense is refused`(properties: [String: DBusValue]) {
    #expect(throws: DBusErrorReply("org.bluez.Error.Failed", "Failed to parse advertisement.")) {
      try RegisteredAdvertisement(properties)
    }
  }
}
