class Mynah < Formula
  desc "Discord bot at home that talks like your server"
  homepage "https://github.com/{{repository}}"
  version "{{version}}"
  license "MIT"

  on_macos do
    depends_on arch: :arm64
    url "{{url}}/mynah-{{version}}-macos-arm64"
    sha256 "{{macos_arm64}}"
  end

  on_linux do
    on_intel do
      url "{{url}}/mynah-{{version}}-linux-x86_64"
      sha256 "{{linux_x86_64}}"
    end
    on_arm do
      url "{{url}}/mynah-{{version}}-linux-arm64"
      sha256 "{{linux_arm64}}"
    end
  end

  def install
    bin.install Dir["mynah-*"].first => "mynah"
  end

  test do
    system bin/"mynah", "selftest"
  end
end
