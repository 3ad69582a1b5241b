import PercussDBus
import PercussGATT
import Testing

@testable import PercussBlueZ

@Suite struct AdvertisementContentTests {
  @Test func `a Percuss device takes 21 bytes`() throws {
    let content = AdvertisementContent(name: "Percuss Elite 0001", services: [.percussService])
    #expect(content.size == 21)
    try content.validate()
    #expect(
      content.properties == [
        "Type": .string("peripheral"), "ServiceUUIDs": .strings(["7e320001-bf34-4597-a0b9-83277511650e"]),
        "Discoverable": .boolean(true), "MinInterval": .uint32(100), "MaxInterval": .uint32(200),
        "LocalName": .string("Percuss Elite 0001"),
      ])
  }

  /// Flags take 3 of the 31 bytes; every list and every structure has 2 bytes of its own.
  @Test(arguments: [
    (content(), 3), (content([.batteryService]), 7), (content([.batteryService, .deviceInformationService]), 9),
    (content([.percussService, .batteryService]), 25), (content([.percussService, .percussFeature]), 37),
    (content { $0.manufacturerData = [0xFFFF: Array(0..<24)] }, 31),
    (content { $0.manufacturerData = [0xFFFF: Array(0..<25)] }, 32),
    (content { $0.serviceData = [.batteryService: [100], .percussService: [1]] }, 27),
    (
      content([.percussService]) {
        $0.appearance = 0x0340; $0.includesTransmitPower = true
      }, 28
    ),
    (content([.percussService]) { $0.isDiscoverable = false }, 21),
  ])
  func `the size is counted before bluetoothd sees it`(content: AdvertisementContent, size: Int) {
    #expect(content.size == size)
    if size <= 31 {
      #expect(throws: Never.self) { try content.validate() }
    } else {
      let expected = PeripheralError.advertisementTooLong(size: size, limit: 31)
      #expect(throws: expected) { try content.validate() }
      #expect(expected.description.contains("\(size) bytes"))
    }
  }

  @Test(arguments: [
    ("Percuss", "Percuss"), ("", nil), ("\0", nil),
    (String(repeating: "n", count: 29), String(repeating: "n", count: 29)),
    (String(repeating: "n", count: 30), String(repeating: "n", count: 29)),
    (String(repeating: "ä", count: 20), String(repeating: "ä", count: 14)),
    (String(repeating: "n", count: 28) + "ä", String(repeating: "n", count: 28)),
  ])
  func `the name is cut between characters, at 29 bytes`(name: String, sent: String?) throws {
    let content = AdvertisementContent(name: name, services: [.percussService])
    #expect(content.sentName == sent)
    #expect(content.properties["LocalName"]?.string == sent)
    try content.validate()
  }

  @Test func `an interval that no controller takes is refused`() {
    var content = AdvertisementContent()
    for interval in [.milliseconds(19)...(.milliseconds(100)), .milliseconds(100)...(.seconds(11))]
      as [ClosedRange<Duration>]
    {
      content.interval = interval
      #expect(throws: PeripheralError.advertisingInterval(interval)) { try content.validate() }
    }
  }

  @Test func `data goes out as bluetoothd reads it`() {
    var content = AdvertisementContent()
    content.manufacturerData = [0xFFFF: [1, 2]]
    content.serviceData = [.batteryService: [100]]
    content.appearance = 0x0340
    content.includesTransmitPower = true
    #expect(content.properties["ManufacturerData"]?.signature.description == "a{qv}")
    #expect(content.properties["ManufacturerData"]?.entries?.first?.value.bytes == [1, 2])
    #expect(content.properties["ServiceData"]?.propertyMap == ["0000180f-0000-1000-8000-00805f9b34fb": .bytes([100])])
    #expect(content.properties["Appearance"] == .uint16(0x0340))
    #expect(content.properties["Includes"] == .strings(["tx-power"]))
  }

  private static func content(
    _ services: [BluetoothUUID] = [], _ change: (inout AdvertisementContent) -> Void = { _ in }
  ) -> AdvertisementContent {
    var content = AdvertisementContent(name: "not counted", services: services)
    change(&content)
    return content
  }
}

/// How errors of an application pass through bluetoothd.
@Suite struct ApplicationErrorTests {
  /// Those that arrive as they are.
  @Test(arguments: Array(0x80...0x9F) + [0xFE, 0xFD, 0x0D, 0x06, 0x07, 0x08] as [UInt8], [true, false])
  func `these arrive`(code: UInt8, isRead: Bool) {
    #expect(ATTError(applicationError: ATTError(code).applicationError, isRead: isRead) == ATTError(code))
  }

  @Test(arguments: [0xFC, 0xFF, 0x13, 0x01, 0x05, 0x0E, 0x0F, 0x11, 0xA0, 0x00] as [UInt8], [true, false])
  func `all others become 0x0E`(code: UInt8, isRead: Bool) {
    #expect(ATTError(applicationError: ATTError(code).applicationError, isRead: isRead) == .unlikelyError)
  }

  @Test func `a permission that is missing is that of the operation`() {
    #expect(ATTError(applicationError: ATTError.readNotPermitted.applicationError, isRead: true) == .readNotPermitted)
    #expect(ATTError(applicationError: ATTError.readNotPermitted.applicationError, isRead: false) == .writeNotPermitted)
  }

  @Test(
    arguments: [
      ("0x81", 0x81), ("0X9f", 0x9F), ("129", 0x81), ("0x7f", 0x80), ("0xa0", 0x80), ("", 0x80), ("0x", 0x80),
      ("no idea", 0x80), ("0x181", 0x80), ("-1", 0x80),
    ] as [(String, UInt8)])
  func `a failure is a code of the application, 0x80 without a number`(message: String, code: UInt8) {
    let error = DBusErrorReply("org.bluez.Error.Failed", message)
    #expect(ATTError(applicationError: error, isRead: false) == ATTError(code))
  }
}
