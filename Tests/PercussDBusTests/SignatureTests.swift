import PercussDBus
import Testing

struct SignatureTests {
  @Test(arguments: [
    ("", 0), ("y", 1), ("a{sv}", 1), ("a{oa{sa{sv}}}", 1), ("sa{sv}as", 3), ("(ii)(s(uv))", 2), ("aay", 1),
    ("hq", 2), (String(repeating: "a", count: 32) + "y", 1),
  ])
  func `a valid signature has its complete types`(text: String, count: Int) throws {
    let signature = try #require(Signature(text))
    #expect(signature.count == count)
    #expect(signature.elements.map(\.description).joined() == text)
  }

  @Test(arguments: [
    "a", "(", ")", "()", "a{", "a{s}", "a{vs}", "{sv}", "z", "(s", "a{sv", "sé", String(repeating: "y", count: 256),
    String(repeating: "a", count: 33) + "y",
    String(repeating: "(", count: 33) + "y" + String(repeating: ")", count: 33),
  ])
  func `an invalid signature is none`(text: String) {
    #expect(Signature(text) == nil)
  }
}

struct ObjectPathTests {
  @Test(arguments: ["/", "/org/bluez", "/org/bluez/hci0/dev_AA_BB", "/a"])
  func `a valid path`(text: String) throws {
    #expect(try #require(ObjectPath(text)).description == text)
  }

  @Test(arguments: ["", "org", "/a/", "//", "/a//b", "/a-b", "/é", "/a b"])
  func `an invalid path is none`(text: String) {
    #expect(ObjectPath(text) == nil)
  }

  @Test func `paths know their family`() throws {
    let adapter = try #require(ObjectPath("/org/bluez/hci0"))
    let device = adapter.appending("dev_AA")
    #expect(device.description == "/org/bluez/hci0/dev_AA")
    #expect(device.parent == adapter)
    #expect(device.lastElement == "dev_AA")
    #expect(device.isDescendant(of: adapter))
    #expect(!adapter.isDescendant(of: adapter))
    #expect(try !#require(ObjectPath("/org/bluez/hci01")).isDescendant(of: adapter))
    #expect(ObjectPath("/org")?.parent == .root)
    #expect(ObjectPath.root.parent == nil)
    #expect(adapter.isDescendant(of: .root))
    #expect(adapter.appending("a-b").lastElement == "a_b")
  }
}
