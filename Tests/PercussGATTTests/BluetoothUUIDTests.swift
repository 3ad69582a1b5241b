import PercussGATT
import Testing

@Suite struct BluetoothUUIDTests {
  @Test(arguments: [
    ("2A19", "2A19", "00002a19-0000-1000-8000-00805f9b34fb"),
    ("0x180a", "180A", "0000180a-0000-1000-8000-00805f9b34fb"),
    ("0000180F", "180F", "0000180f-0000-1000-8000-00805f9b34fb"),
    ("00002A19-0000-1000-8000-00805F9B34FB", "2A19", "00002a19-0000-1000-8000-00805f9b34fb"),
    (
      "12345678", "12345678-0000-1000-8000-00805f9b34fb", "12345678-0000-1000-8000-00805f9b34fb"
    ),
    (
      "7E320003-bf34-4597-a0b9-83277511650e", "7e320003-bf34-4597-a0b9-83277511650e",
      "7e320003-bf34-4597-a0b9-83277511650e"
    ),
    ("0000", "0000", "00000000-0000-1000-8000-00805f9b34fb"),
  ])
  func `every form of text gives the canonical one`(text: String, short: String, full: String) throws {
    let uuid = try #require(BluetoothUUID(text))
    #expect(uuid.description == short)
    #expect(uuid.fullText == full)
    #expect(BluetoothUUID(full) == uuid)
    #expect(BluetoothUUID(littleEndian: uuid.littleEndianBytes) == uuid)
  }

  @Test(arguments: [
    "", "2A1", "2A199", "+A19", "-A19", "2A1G", "0x", "0x2A1", "2 19", "7e320003bf344597a0b983277511650e",
    "7e320003-bf34-4597-a0b9-83277511650", "7e320003-bf34-4597-a0b9-83277511650e0",
    "7e3200-03bf34-4597-a0b9-83277511650e", "7e320003-bf34-4597-a0b9-+3277511650e",
    "0x7e320003-bf34-4597-a0b9-83277511650e", "7e320003_bf34_4597_a0b9_83277511650e", "２Ａ１９", "éé",
  ])
  func `other text is none`(text: String) {
    #expect(BluetoothUUID(text) == nil)
  }

  @Test func `bytes are little-endian`() {
    #expect(BluetoothUUID(littleEndian: [0x19, 0x2a]) == .batteryLevel)
    #expect(BluetoothUUID(littleEndian: [0x19, 0x2a, 0, 0]) == .batteryLevel)
    #expect(
      BluetoothUUID.percussControlPoint.littleEndianBytes == [
        0x0e, 0x65, 0x11, 0x75, 0x27, 0x83, 0xb9, 0xa0, 0x97, 0x45, 0x34, 0xbf, 0x03, 0x00, 0x32, 0x7e,
      ])
    for count in [0, 1, 3, 5, 15, 17] {
      #expect(BluetoothUUID(littleEndian: [UInt8](repeating: 0, count: count)) == nil)
    }
  }

  @Test func `a number of 32 bits has no 16-bit form, and UUIDs have an order`() {
    #expect(BluetoothUUID("00012A19")?.assignedNumber == nil)
    #expect(BluetoothUUID.batteryLevel.assignedNumber == 0x2A19)
    #expect(BluetoothUUID.percussService.assignedNumber == nil)
    #expect(BluetoothUUID.batteryLevel < .percussService)
  }
}

@Suite struct ATTErrorTests {
  @Test func `every code describes itself`() {
    let all = (UInt8.min...UInt8.max).map { ATTError($0).description }
    #expect(Set(all).count == 256)
    #expect(ATTError(0x03).description == "Write Not Permitted (ATT error 0x03)")
    #expect(ATTError(0x81).description == "ATT error 0x81, defined by the application")
    #expect(ATTError(0xE0).description == "ATT error 0xE0, reserved for profiles")
    #expect(ATTError(0x14).description == "ATT error 0x14, reserved")
  }

  @Test func `the specification names 0x01 to 0x13 and 0xFC to 0xFF`() {
    let named = (UInt8.min...UInt8.max).filter { ATTError($0).name != nil }
    #expect(named == Array(0x01...0x13) + Array(0xFC...0xFF))
    #expect(ATTError(0x80).isApplicationError && ATTError(0x9F).isApplicationError)
    #expect(!ATTError(0x7F).isApplicationError && !ATTError(0xA0).isApplicationError)
  }
}
