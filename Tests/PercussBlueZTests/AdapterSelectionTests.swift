import PercussDBus
import Testing

@testable import PercussBlueZ

@Suite struct AdapterSelectionTests {
  @Test(
    arguments: [
      ("hci0", .name("hci0")), ("00:AA:01:00:00:00", .address(BluetoothAddress(rawValue: 0x00AA_0100_0000))),
      ("00:aa:01:00:00:00", .address(BluetoothAddress(rawValue: 0x00AA_0100_0000))), ("", nil), ("hci 0", nil),
      ("/org/bluez/hci0", nil), ("00:AA:01:00:00", nil), ("häi0", nil),
    ] as [(String, AdapterSelection?)])
  func `an adapter is named by its name or address`(text: String, selection: AdapterSelection?) {
    #expect(AdapterSelection(text) == selection)
    if let selection { #expect(AdapterSelection(selection.description) == selection) }
  }

  @Test func `where any will do, it is one that suits and is on`() {
    let adapters = [adapter(0, isPowered: true), adapter(1, isPowered: false), adapter(2, isPowered: true)]
    #expect(AdapterSelection.default.choose(from: adapters)?.name == "hci0")
    #expect(AdapterSelection.default.choose(from: adapters, where: { $0.name != "hci0" })?.name == "hci2")
    #expect(AdapterSelection.default.choose(from: adapters, where: { $0.name == "hci1" })?.name == "hci1")
    #expect(AdapterSelection.default.choose(from: adapters, where: { _ in false })?.name == "hci0")
    #expect(AdapterSelection.default.choose(from: []) == nil)
    #expect(AdapterSelection.name("hci1").choose(from: adapters)?.name == "hci1")
    #expect(AdapterSelection.name("hci7").choose(from: adapters) == nil)
    #expect(AdapterSelection.address(BluetoothAddress(rawValue: 2)).choose(from: adapters)?.name == "hci2")
  }

  private func adapter(_ number: Int, isPowered: Bool) -> BlueZAdapter {
    var adapter = BlueZAdapter(path: BlueZ.namespace.appending("hci\(number)"))
    adapter.isPowered = isPowered
    adapter.address = BluetoothAddress(rawValue: UInt64(number))
    return adapter
  }
}
