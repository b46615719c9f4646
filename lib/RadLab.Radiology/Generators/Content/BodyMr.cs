using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>MRI of the liver and bile ducts, the female pelvis and the prostate.</summary>
internal static class BodyMr
{
    private static readonly ReportOrgan s_liver = new("Liver")
    {
        Normals =
        [
            new(["focal liver lesion"], ["No focal hepatic lesion.", "No suspicious liver lesion.", "There is no suspicious arterially enhancing lesion."]) { Chance = 0.95 },
            new(["hepatic steatosis", "cirrhosis", "iron deposition"], ["The liver is normal in size and signal.", "Normal hepatic signal and contour.", "Liver morphology and signal are normal."]) { Chance = 0.8 },
        ],
        Findings =
        [
            new("hepatic hemangioma") { Nouns = ["T2 hyperintense lesion with peripheral nodular enhancement", "T2 bright lesion with discontinuous nodular enhancement"], Concepts = ["focal liver lesion"], Places = LiverSegments, At = "in {place}", Size = new(8, 58), Weight = 3.5, Rank = 1, Diagnoses = ["a hemangioma"], Says = ["{size} {x} in {place}{since}.", "{there} {new} {size} {x} in {place}."], Ends = ["{size} {x} in {place}{since}{dx}.", "{new} {x} in {place}{dx}.", "{there} {size} {x} in {place}{since}{dx}."] },
            new("hepatic cyst") { Nouns = ["simple cyst", "nonenhancing cyst"], Concepts = ["focal liver lesion"], Places = LiverSegments, At = "in {place}", Size = new(5, 50), Weight = 4, Rank = 0, Most = 2, Says = ["{size} {x} in hepatic {place}{since}.", "{there} {new} {size} {x} in {place} of the liver.", "{there} {size} {x} in hepatic {place}{since}."] },
            new("hepatocellular carcinoma") { Kinds = ["arterially enhancing lesion with washout", "arterially hyperenhancing mass with washout and capsule"], Concepts = ["focal liver lesion"], Places = LiverSegments, At = "in {place}", Size = new(11, 62), Weight = 1.8, MinAge = 40, Rank = 3, Course = FindingCourse.Lesion, Diagnoses = ["hepatocellular carcinoma"], Says = ["{size} {x} in {place}{since}.", "{there} {new} {size} {x} in {place}."], Ends = ["{size} {x} in {place}{since}{dx}.", "{new} {x} in {place}{dx}.", "{there} {size} {x} in {place}{since}{dx}."] },
            new("focal nodular hyperplasia") { Kinds = ["homogeneously arterially enhancing lesion", "arterially enhancing lesion with a central scar"], Concepts = ["focal liver lesion"], Places = LiverSegments, At = "in {place}", Sex = 'F', MaxAge = 55, Size = new(12, 58), Weight = 1.8, Rank = 1, Course = FindingCourse.Lesion, Diagnoses = ["focal nodular hyperplasia"], Says = ["{size} {x} in {place}{since}.", "{there} {new} {size} {x} in {place}."], Ends = ["{size} {x} in {place}{since}{dx}.", "{new} {x} in {place}{dx}.", "{there} {size} {x} in {place}{since}{dx}."] },
            new("hepatic steatosis") { Nouns = ["~signal loss on opposed-phase images", "~diffuse signal dropout on opposed-phase images"], Grades = Stenosis, Weight = 3, Rank = 1, Excludes = ["cirrhosis"], Diagnoses = ["hepatic steatosis"], Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}{dx}.", "{new} {x}{dx}.", "{there} {grade} {x}{since}{dx}."] },
            new("cirrhosis") { Nouns = ["~nodular hepatic contour", "~nodularity of the liver surface"], Weight = 2, MinAge = 38, Rank = 2, Diagnoses = ["cirrhosis"], Says = ["There is {x} with relative caudate hypertrophy{since}.", "{new} {x}.", "{x}{since}.", "{there} {new} {x}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
        ],
    };

    private static readonly ReportOrgan s_bile = new("Bile ducts and gallbladder")
    {
        Normals =
        [
            new(["biliary dilatation", "choledocholithiasis"], ["No biliary dilatation or filling defect.", "The bile ducts are normal in caliber without stones.", "No choledocholithiasis and no ductal dilatation."]) { Chance = 0.95 },
            new(["gallbladder abnormality"], ["The gallbladder is unremarkable.", "Normal gallbladder.", "Gallbladder is unremarkable, without stones."]) { Chance = 0.85 },
        ],
        Findings =
        [
            new("choledocholithiasis") { Kinds = ["filling defect", "stone"], Places = ["distal common bile duct", "mid common bile duct"], Concepts = ["biliary dilatation"], Size = new(3, 12), Weight = 2.5, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["choledocholithiasis"], Says = ["{size} {x} in the {place} with upstream dilatation{since}.", "{there} {new} {size} {x} in the {place}.", "{there} {size} {x} in the {place} with upstream dilatation{since}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."] },
            new("cholelithiasis") { Nouns = ["~cholelithiasis", "#gallstones"], Concepts = ["gallbladder abnormality"], Weight = 3, Rank = 1, Says = ["{x}{since}.", "There {is} {new} {x}.", "{there} {x}{since}."], Ends = ["{x}{since}.", "{new} {x}.", "{there} {x}{since}."] },
            new("biliary stricture") { Nouns = ["stricture"], Concepts = ["biliary dilatation"], Places = ["common hepatic duct", "distal common bile duct"], At = "of the {place}", Weight = 1, MinAge = 40, Rank = 3, Course = FindingCourse.Lesion, Diagnoses = ["cholangiocarcinoma", "a benign stricture"], Says = ["{there} {new} {x} of the {place} with upstream dilatation.", "Focal {x} of the {place}{since}.", "{new} {x} of the {place} with upstream dilatation."], Ends = ["{x} of the {place}{since}{dx}.", "{new} {x} of the {place}{dx}.", "{there} {x} of the {place}{since}{dx}."] },
        ],
    };

    private static readonly ReportOrgan s_pancreas = new("Pancreas")
    {
        Normals = [new(["pancreatic abnormality"], ["The pancreas is normal in signal without ductal dilatation.", "Pancreas is unremarkable.", "Normal pancreas and pancreatic duct."])],
        Findings = [new("pancreatic cyst") { Nouns = ["T2 hyperintense cystic lesion", "cystic lesion"], Concepts = ["pancreatic abnormality"], Places = ["pancreatic head", "uncinate process", "pancreatic body", "pancreatic tail"], Size = new(4, 28), Weight = 2.5, MinAge = 45, Rank = 2, Course = FindingCourse.Lesion, AdviceChance = 1, Diagnoses = ["a side-branch intraductal papillary mucinous neoplasm"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."], Advice = s => s.Largest >= 20 || s.Change == EntityChange.Increased ? Advice.PancreaticEus : Advice.PancreaticMr }],
    };

    private static readonly ReportOrgan s_rest = new("Kidneys, adrenals and spleen")
    {
        Normals = [new(["renal abnormality", "splenic abnormality"], ["Kidneys and spleen are unremarkable.", "The spleen and kidneys are normal.", "No abnormality of the kidneys or spleen."]) { Chance = 0.8 }, new(["adrenal abnormality"], ["Adrenal glands are normal.", "The adrenals are unremarkable.", "No adrenal nodule."]) { Chance = 0.6 }],
        Negatives = [new("ascites", "ascites"), new("lymphadenopathy", "lymphadenopathy")],
        Findings =
        [
            new("simple renal cyst") { Nouns = ["simple cyst", "T2 hyperintense cyst"], Concepts = ["renal abnormality"], Places = ["right kidney", "left kidney"], Size = new(6, 52), Weight = 3, MinAge = 30, Rank = 0, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."] },
            new("splenomegaly") { Nouns = ["~splenomegaly"], Concepts = ["splenic abnormality"], Size = new(131, 190), Weight = 1.4, Rank = 1, Says = ["{x}, {size}{since}.", "There is {x}, with a length of {size}{since}.", "{there} {x}, {size}{since}."], Ends = ["{x} of {size}{since}.", "{new} {x}.", "{there} {x} of {size}{since}."] },
            new("adrenal adenoma") { Nouns = ["nodule with opposed-phase signal loss"], Concepts = ["adrenal abnormality"], Places = ["right adrenal gland", "left adrenal gland"], Size = new(9, 32), Weight = 1.4, MinAge = 40, Rank = 1, Course = FindingCourse.Chronic, Diagnoses = ["a lipid-rich adenoma"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {x} in the {place}{since}{dx}."] },
        ],
    };

    public static readonly ReportExam Liver = new("MRI liver with MRCP")
    {
        Modality = "MR", Titles = ["MRI Abdomen with and without Contrast", "MR LIVER W WO CONTRAST", "MRI abdomen with MRCP"], Noun = "abdominal MRI", Weight = 3, Contrast = true, Findings = 3, NormalChance = 0.1, AcuteConcept = "acute abdominal abnormality",
        Techniques = ["Multiplanar multisequence MRI of the abdomen before and after gadolinium, with MRCP.", "In- and opposed-phase, T2, diffusion and dynamic postcontrast images of the liver.", "MRI of the abdomen with and without IV contrast."],
        Organs = [s_liver, s_bile, s_pancreas, s_rest], NothingAcute = ["No acute abnormality in the abdomen.", "No acute abdominal findings.", "No acute hepatobiliary abnormality."], Normal = ["Normal MRI of the abdomen.", "Unremarkable MRI of the liver and bile ducts.", "Normal abdominal MRI."],
        Reasons =
        [
            new(["an indeterminate liver lesion", "a liver lesion on ultrasound", "characterization of a hepatic lesion"]) { Boosts = ["focal liver lesion"], Weight = 5 },
            new(["cirrhosis, surveillance", "chronic hepatitis B", "cirrhosis and elevated alpha-fetoprotein"]) { Boosts = ["hepatocellular carcinoma", "cirrhosis", "splenomegaly"], Question = "focal liver lesion", Asks = "hepatocellular carcinoma", Weight = 4, MinAge = 38 },
            new(["right upper quadrant pain and elevated bilirubin", "jaundice", "dilated bile duct on ultrasound"]) { Boosts = ["choledocholithiasis", "biliary stricture", "cholelithiasis"], Question = "choledocholithiasis", Asks = "choledocholithiasis", Weight = 4 },
            new(["a pancreatic cyst", "pancreatic cyst surveillance"]) { Boosts = ["pancreatic cyst"], Weight = 2, MinAge = 45 },
        ],
    };

    private static readonly ReportOrgan s_uterus = new("Uterus")
    {
        Normals = [new(["uterine abnormality"], ["The uterus is normal in size and signal.", "Uterus is unremarkable.", "Normal uterine zonal anatomy."]), new(["endometrial thickening"], ["The endometrium is normal in thickness.", "Normal endometrial stripe.", "Endometrium is thin and regular."]) { Chance = 0.7 }],
        Findings =
        [
            new("uterine fibroid") { Nouns = ["fibroid", "leiomyoma"], Concepts = ["uterine abnormality"], Traits = [new("kind", "intramural", "subserosal", "submucosal")], Size = new(12, 92), Weight = 5, MinAge = 28, Rank = 1, Course = FindingCourse.Lesion, Most = 1, Says = ["{size} {kind} {x}{since}.", "{there} {new} {size} {kind} {x}.", "{kind} {x} measuring {size}{since}."], Ends = ["{kind} {x} measuring {size}{since}.", "{new} {size} {kind} {x}.", "{there} {kind} {x} measuring {size}{since}."] },
            new("adenomyosis") { Nouns = ["~thickening of the junctional zone", "~diffuse junctional zone thickening"], Concepts = ["uterine abnormality"], Size = new(12, 22), Weight = 3, MaxAge = 55, Rank = 1, Course = FindingCourse.Chronic, Diagnoses = ["adenomyosis"], Says = ["{x} to {size}{since}.", "There is {x}, up to {size}{since}.", "{there} {x} to {size}{since}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
            new("endometrial thickening") { Nouns = ["~endometrial thickening"], Size = new(9, 24), Weight = 1.5, MinAge = 52, Rank = 2, Course = FindingCourse.Lesion, Diagnoses = ["endometrial hyperplasia or carcinoma"], Says = ["{x} to {size}{since}.", "There is {x}, which measures {size}{since}.", "{there} {x} to {size}{since}."], Ends = ["{x} of {size}{since}{dx}.", "{new} {x}{dx}.", "{there} {x} of {size}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.TissueSampling },
        ],
    };

    private static readonly ReportOrgan s_adnexa = new("Adnexa and pelvis")
    {
        Normals = [new(["adnexal abnormality"], ["The ovaries are unremarkable.", "No adnexal mass.", "Ovaries are normal in size and appearance."]), new(["bladder abnormality"], ["The bladder and rectum are unremarkable.", "Bladder is unremarkable.", "Normal urinary bladder."]) { Chance = 0.5 }],
        Negatives = [new("free fluid", "pelvic free fluid"), new("lymphadenopathy", "pelvic lymphadenopathy", "lymphadenopathy")],
        Findings =
        [
            new("endometrioma") { Nouns = ["T1 hyperintense cyst with T2 shading", "T1 bright ovarian cyst with T2 shading"], Concepts = ["adnexal abnormality"], Side = FindingSide.Either, Weight = 2.5, MaxAge = 50, Rank = 2, Size = new(14, 66), Course = FindingCourse.Lesion, Diagnoses = ["an endometrioma"], Says = ["{size} {side} {x}{since}.", "{there} {new} {size} {side} {x}."], Ends = ["{side} {x} measuring {size}{since}{dx}.", "{new} {side} {x}{dx}.", "{there} {side} {x} measuring {size}{since}{dx}."] },
            new("dermoid cyst") { Nouns = ["fat-containing ovarian lesion"], Concepts = ["adnexal abnormality"], Side = FindingSide.Either, Size = new(16, 72), Weight = 1.5, MaxAge = 55, Rank = 1, Course = FindingCourse.Lesion, Diagnoses = ["a mature cystic teratoma"], Says = ["{size} {side} {x}{since}.", "{there} {new} {size} {side} {x}."], Ends = ["{size} {side} {x}{since}{dx}.", "{new} {side} {x}{dx}.", "{there} {size} {side} {x}{since}{dx}."] },
            new("free fluid") { Nouns = ["~pelvic free fluid"], Grades = ["trace", "small volume"], Weight = 2, MaxAge = 52, Rank = 0, Course = FindingCourse.Acute, Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{there} {grade} {x}{since}."] },
        ],
    };

    public static readonly ReportExam FemalePelvis = new("MRI pelvis, female")
    {
        Modality = "MR", Titles = ["MRI Pelvis with and without Contrast", "MR PELVIS FEMALE W WO CONTRAST", "MRI of the female pelvis"], Noun = "pelvic MRI", Weight = 2, Contrast = true, Sex = 'F', MinAge = 20, Findings = 2.2, NormalChance = 0.14, AcuteConcept = "acute pelvic abnormality",
        Techniques = ["Multiplanar T2, T1 and postcontrast images of the pelvis.", "MRI of the pelvis with and without gadolinium.", "Multisequence pelvic MRI before and after IV contrast."],
        Organs = [s_uterus, s_adnexa], NothingAcute = ["No acute pelvic abnormality.", "No acute findings in the pelvis.", "No acute process in the pelvis."], Normal = ["Normal MRI of the pelvis.", "Unremarkable pelvic MRI.", "Normal female pelvis."],
        Reasons =
        [
            new(["heavy menstrual bleeding", "fibroids", "menorrhagia and anemia"]) { Boosts = ["uterine fibroid", "adenomyosis"], Weight = 5, MaxAge = 55 },
            new(["pelvic pain", "chronic pelvic pain", "suspected endometriosis"]) { Boosts = ["endometrioma", "adenomyosis"], Weight = 4, MaxAge = 52 },
            new(["an adnexal mass on ultrasound", "an indeterminate ovarian lesion"]) { Boosts = ["adnexal abnormality"], Question = "adnexal abnormality", Asks = "adnexal mass", Weight = 4 },
            new(["postmenopausal bleeding"]) { Boosts = ["endometrial thickening"], Question = "endometrial thickening", Asks = "endometrial abnormality", Weight = 4, MinAge = 53 },
        ],
    };

    private static readonly ReportOrgan s_prostate = new("Prostate")
    {
        Normals = [new(["suspicious prostate lesion"], ["No suspicious lesion in the peripheral or transition zone.", "No focal lesion suspicious for clinically significant cancer.", "No lesion with restricted diffusion."]) { Chance = 1 }],
        Findings =
        [
            new("suspicious prostate lesion") { Kinds = ["T2 hypointense focus with restricted diffusion/T2 hypointense foci with restricted diffusion", "lesion with marked restricted diffusion"], Places = ["right mid peripheral zone", "left mid peripheral zone", "right apical peripheral zone", "left basal peripheral zone", "anterior transition zone"], Size = new(6, 26), Traits = [new("score", "PI-RADS 3", "PI-RADS 4", "PI-RADS 4")], Weight = 5, Rank = 2, Course = FindingCourse.Lesion, Most = 2, Diagnoses = ["clinically significant prostate cancer"], Says = ["{size} {x} in the {place}, {score}{since}.", "{there} {new} {size} {x} in the {place}, {score}."], Ends = ["{size} {x} in the {place}, {score}{since}.", "{score} lesion: {new} {size} {x} in the {place}.", "{there} {size} {x} in the {place}, {score}{since}."], Advice = s => s.IsStable ? null : Advice.TissueSampling },
            new("benign prostatic hyperplasia") { Nouns = ["~nodular enlargement of the transition zone", "~benign nodular hyperplasia of the transition zone"], Grades = Stenosis, Weight = 5, MinAge = 50, Rank = 1, Diagnoses = ["benign prostatic hyperplasia"], Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}{dx}.", "{new} {grade} {x}{dx}.", "{there} {grade} {x}{since}{dx}."] },
            new("prostatitis") { Kinds = ["~diffuse mild T2 hypointensity of the peripheral zone", "~wedge-shaped T2 hypointensity of the peripheral zone"], Weight = 2.5, Rank = 1, Course = FindingCourse.Chronic, Diagnoses = ["prior prostatitis", "inflammatory change"], Says = ["{x} without restricted diffusion{since}.", "There is {x}{since}.", "{there} {x} without restricted diffusion{since}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
        ],
    };

    private static readonly ReportOrgan s_malePelvis = new("Pelvis")
    {
        Normals = [new(["extraprostatic extension"], ["No extraprostatic extension.", "The capsule and seminal vesicles are intact.", "Seminal vesicles are normal."]), new(["bone lesion"], ["No suspicious pelvic bone lesion.", "No osseous metastasis.", "Pelvic bone marrow is unremarkable."]) { Chance = 0.8 }],
        Negatives = [new("lymphadenopathy", "pelvic lymphadenopathy")],
        Findings = [new("bladder wall thickening") { Nouns = ["~bladder wall thickening and trabeculation"], Grades = Mild, Weight = 2, Rank = 0, Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{there} {grade} {x}{since}."] }],
    };

    public static readonly ReportExam Prostate = new("MRI prostate")
    {
        Modality = "MR", Titles = ["MRI Prostate with and without Contrast", "MR PROSTATE MULTIPARAMETRIC", "Multiparametric prostate MRI"], Noun = "prostate MRI", Weight = 2, Contrast = true, Sex = 'M', MinAge = 46, MaxAge = 84, Findings = 2, NormalChance = 0.1, AcuteConcept = "acute pelvic abnormality", Interval = StudyInterval.Years,
        Techniques = ["Multiparametric MRI of the prostate with T2, diffusion and dynamic contrast-enhanced images.", "MRI of the prostate without endorectal coil, before and after gadolinium.", "High-resolution T2, diffusion-weighted and postcontrast imaging of the prostate."],
        Organs = [s_prostate, s_malePelvis], NothingAcute = ["No acute pelvic abnormality.", "No acute findings in the pelvis.", "No acute process."], Normal = ["No evidence of clinically significant prostate cancer.", "Normal multiparametric prostate MRI.", "Normal prostate."],
        Reasons =
        [
            new(["elevated PSA", "rising PSA", "PSA of 7"]) { Boosts = ["suspicious prostate lesion"], Question = "suspicious prostate lesion", Asks = "clinically significant prostate cancer", Weight = 5 },
            new(["prostate cancer on active surveillance", "prior negative biopsy and elevated PSA"]) { Boosts = ["suspicious prostate lesion"], Weight = 3 },
        ],
    };
}
