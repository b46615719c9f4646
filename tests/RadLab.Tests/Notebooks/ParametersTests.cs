using System.Text;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class ParametersTests
{
    private const string Declarations = "var quick = true;\nint seed = -17, size = 3;\nvar rate = 2e-4f;\ndouble x = 1;\nstring name = \"a\";\nvar far = 5L;\nint[] list = [1];";

    private static Notebook Make(params (string Source, string[] Tags)[] cells) => Notebook.Parse(Encoding.UTF8.GetBytes(NotebookFiles.Make(cells)), "p.ipynb");

    private static Notebook Usual() => Make(("// intro", []), (Declarations, [Parameters.Tag]), ("seed", []));

    private static Dictionary<string, string> Values(params string[] pairs) => pairs.Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);

    [Fact]
    public void The_parameters_cell_declares_names_with_their_types()
    {
        var declared = Parameters.Declared(Usual());
        Assert.Equal(["quick: bool", "seed: int", "size: int", "rate: float", "x: double", "name: string", "far: long", "list: int[]"], declared.Select(d => $"{d.Key}: {d.Value}"));
    }

    [Fact]
    public void A_cell_with_the_values_is_inserted_after_it()
    {
        var notebook = Usual();
        Parameters.Inject(notebook, Values("quick=False", "seed=-5", "rate=0.25", "x=1e3", "name=say \"hi\" \\", "far=7"));
        Assert.Equal(4, notebook.Cells.Count);
        Assert.Equal([Parameters.InjectedTag], notebook.Cells[2].Tags);
        Assert.Equal("// Parameters\nbool quick = false;\nint seed = -5;\nfloat rate = 0.25f;\ndouble x = 1000d;\nstring name = \"say \\\"hi\\\" \\\\\";\nlong far = 7L;", notebook.Cells[2].Source);
    }

    [Fact]
    public void An_earlier_injected_cell_is_replaced_or_removed()
    {
        var notebook = Usual();
        Parameters.Inject(notebook, Values("seed=1"));
        Parameters.Inject(notebook, Values("seed=2"));
        Assert.Equal(4, notebook.Cells.Count);
        Assert.Equal("// Parameters\nint seed = 2;", notebook.Cells[2].Source);
        Parameters.Inject(notebook, Values());
        Assert.Equal(Usual().Cells.Select(c => c.Source), notebook.Cells.Select(c => c.Source));
    }

    [Fact]
    public void The_source_hash_ignores_injected_cells_and_outputs_but_no_text()
    {
        string hash = Provenance.SourceHash(Usual());
        var injected = Usual();
        Parameters.Inject(injected, Values("seed=1"));
        injected.Cells[0].SetResult(1, []);
        Assert.Equal(hash, Provenance.SourceHash(injected));
        Assert.NotEqual(hash, Provenance.SourceHash(Make(("// intro", []), (Declarations, []), ("seed ", []))));
        Assert.NotEqual(Provenance.SourceHash(Make(("a", []), ("b", []))), Provenance.SourceHash(Make(("ab", []), ("", []))));
    }

    [Theory]
    [InlineData("nosuch=1", "p.ipynb: no parameter 'nosuch'; the notebook has quick, seed, size, rate, x, name, far, list")]
    [InlineData("seed=abc", "p.ipynb: parameter 'seed' must be int, got 'abc'")]
    [InlineData("seed=99999999999", "p.ipynb: parameter 'seed' must be int, got '99999999999'")]
    [InlineData("rate=NaN", "p.ipynb: parameter 'rate' must be float, got 'NaN'")]
    [InlineData("quick=yes", "p.ipynb: parameter 'quick' must be bool, got 'yes'")]
    [InlineData("list=[2]", "p.ipynb: parameter 'list' must be int[], got '[2]'")]
    public void Wrong_names_and_values_are_refused(string pair, string message)
    {
        var notebook = Usual();
        Assert.Equal(message, Assert.Throws<ParameterException>(() => Parameters.Inject(notebook, Values(pair))).Message);
        Assert.Equal(3, notebook.Cells.Count);
    }

    [Fact]
    public void A_notebook_without_the_cell_says_so() =>
        Assert.Equal("p.ipynb: parameter 'a' cannot be set: the notebook has no code cell tagged 'parameters'", Assert.Throws<ParameterException>(() => Parameters.Inject(Make(("1", [])), Values("a=1"))).Message);
}
