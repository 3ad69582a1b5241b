import PercussBlueZ
import Testing

struct BluetoothAddressTests {
  @Test func `reads colons and underscores in either case, and writes upper case`() {
    let address = BluetoothAddress("c8:2E:47:0a:11:02")
    #expect(address?.description == "C8:2E:47:0A:11:02")
    #expect(address?.pathElement == "C8_2E_47_0A_11_02")
    #expect(BluetoothAddress("C8_2E_47_0A_11_02") == address)
    #expect(address?.rawValue == 0xC82E_470A_1102)
  }

  @Test(arguments: [
    "", "C8:2E:47:0A:11", "C8:2E:47:0A:11:02:03", "C8:2E_47:0A:11:02", "C8-2E-47-0A-11-02", "G8:2E:47:0A:11:02",
    "+8:2E:47:0A:11:02", "C8:2E:47:0A:11:0é",
  ])
  func `takes no other text for an address`(_ text: String) { #expect(BluetoothAddress(text) == nil) }

  @Test func `keeps 48 bits`() {
    #expect(BluetoothAddress(rawValue: .max).description == "FF:FF:FF:FF:FF:FF")
    #expect(BluetoothAddress(rawValue: 1).description == "00:00:00:00:00:01")
  }
}
