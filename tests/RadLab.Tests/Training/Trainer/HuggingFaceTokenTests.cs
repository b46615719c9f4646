using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class HuggingFaceTokenTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_variable_comes_before_the_file_of_the_command_line()
    {
        string file = _folder.File("token");
        Assert.Null(HuggingFaceToken.Find(null, file));
        _folder.Write("token", "hf_file\n");
        var (stored, set) = (HuggingFaceToken.Find(" ", file)!, HuggingFaceToken.Find(" hf_variable\n", file)!);
        Assert.Equal(("hf_file", file), (stored.Value, stored.From));
        Assert.Equal(("hf_variable", "HF_TOKEN"), (set.Value, set.From));
        Assert.DoesNotContain("hf_", stored.ToString() + stored.Removal + set.ToString() + set.Removal, StringComparison.Ordinal);
        _folder.Write("token", " \n");
        Assert.Null(HuggingFaceToken.Find(null, file));
    }

    [Fact]
    public void A_file_that_holds_no_token_is_one_line_without_its_content()
    {
        string file = _folder.Write("token", new string('x', 5000));
        Assert.Equal($"{file}: is too long for a token; log in again with 'hf auth login', or set HF_TOKEN.", Assert.Throws<RecipeException>(() => HuggingFaceToken.Find(null, file)).Message);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_one_line()
    {
        string file = _folder.Write("token", "hf_file");
        using var locked = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal($"{file}: the token cannot be read; make the file readable, or set HF_TOKEN.", Assert.Throws<RecipeException>(() => HuggingFaceToken.Find(null, file)).Message);
    }
}
