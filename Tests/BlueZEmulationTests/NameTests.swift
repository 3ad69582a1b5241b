import PercussBlueZ
import Testing

struct NameTests {
  @Test func `bluetoothd has its name`() { #expect(BlueZ.busName == "org.bluez") }
}
