# The Homebrew formula, for a tap. scripts/lib/fill-manifests puts in version, URLs and checksums at a release.
class Jit < Formula
  desc "Temporary AWS credentials and access on request"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    url "@RELEASES@/jit-@VERSION@-universal-apple-darwin.tar.gz"
    sha256 "@SHA256:jit-@VERSION@-universal-apple-darwin.tar.gz@"
  end

  on_linux do
    on_intel do
      url "@RELEASES@/jit-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:jit-@VERSION@-x86_64-unknown-linux-musl.tar.gz@"
    end
    on_arm do
      url "@RELEASES@/jit-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:jit-@VERSION@-aarch64-unknown-linux-musl.tar.gz@"
    end
  end

  def install
    bin.install "bin/jit"
    man1.install Dir["share/man/man1/*"]
    bash_completion.install "share/bash-completion/completions/jit"
    zsh_completion.install "share/zsh/site-functions/_jit"
    fish_completion.install "share/fish/vendor_completions.d/jit.fish"
    doc.install Dir["share/doc/jit/*"]
  end

  test do
    assert_match "jit #{version}", shell_output("#{bin}/jit --version")
    assert_match "no configuration", shell_output("#{bin}/jit explain nobody 2>&1", 2)
  end
end
