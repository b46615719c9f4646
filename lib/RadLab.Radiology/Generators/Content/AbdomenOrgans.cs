using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>The organs of the abdomen as CT shows them.</summary>
internal static class AbdomenOrgans
{
    public static readonly ReportOrgan LungBases = new("Lung bases")
    {
        Normals = [new(["lung base abnormality"], ["The lung bases are clear.", "Visualized lung bases are clear.", "Clear lung bases.", "No abnormality at the lung bases."])],
        Findings =
        [
            new("basilar atelectasis") { Nouns = ["~dependent atelectasis", "~bibasilar atelectasis", "#atelectatic changes"], Concepts = ["lung base abnormality"], Grades = Mild, Weight = 2.5, Rank = 0, Course = FindingCourse.Acute, Says = ["{grade} {x} at the lung bases{since}.", "There {is} {grade} {x} at the lung bases{since}.", "{new} {grade} {x}."] },
            new("pleural effusion") { Concepts = ["lung base abnormality"], Side = FindingSide.EitherOrBoth, Grades = ["trace", "small", "moderate"], Weight = 1.4, Rank = 1, Course = FindingCourse.Acute, Says = ["{grade} {side} {x}{since}.", "{there} {grade} {side} {x}{since}.", "{new} {grade} {side} {x}."], Ends = ["{grade} {side} {x}{since}.", "{new} {grade} {side} {x}.", "{there} {grade} {side} {x}{since}."] },
        ],
    };

    public static readonly ReportOrgan Liver = new("Liver")
    {
        Normals = [new(["liver abnormality"], ["The liver is unremarkable.", "The liver is normal in size and attenuation.", "Normal liver without focal lesion.", "Liver is normal in contour and density.", "No focal hepatic lesion."]) { Chance = 0.85 }],
        Otherwise = ["The liver is otherwise unremarkable.", "Remainder of the liver is normal."],
        Findings =
        [
            new("hepatic steatosis") { Nouns = ["~hepatic steatosis", "~fatty infiltration of the liver", "~diffuse hepatic steatosis"], Concepts = ["liver abnormality"], Grades = Stenosis, Weight = 4, Rank = 1, Excludes = ["cirrhosis"], Says = ["There is {grade} {x}{since}.", "{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("hepatic cyst") { Nouns = ["simple cyst", "hepatic cyst", "cyst"], Concepts = ["liver abnormality"], Places = LiverSegments, At = "in {place}", Size = new(6, 48), Weight = 3, Rank = 0, Most = 2, Says = ["{size} {x} in hepatic {place}{since}.", "{there} {new} {size} {x} in {place} of the liver.", "{x} in {place} measures {size}{since}."] },
            new("hepatic hemangioma") { Kinds = ["peripherally enhancing lesion", "lesion with nodular peripheral enhancement"], Concepts = ["liver abnormality"], Places = LiverSegments, At = "in {place}", Size = new(9, 55), Weight = 1.2, Rank = 1, Contrast = true, Diagnoses = ["hemangioma"], Says = ["{size} {x} in {place} of the liver{since}.", "{there} {new} {size} {x} in hepatic {place}.", "{there} {size} {x} in {place} of the liver{since}."], Ends = ["{size} {x} in hepatic {place}{since}{dx}.", "{new} {x} in {place}{dx}.", "{there} {size} {x} in hepatic {place}{since}{dx}."] },
            new("hypoattenuating liver lesion") { Nouns = ["hypoattenuating lesion", "hypodense lesion", "low-attenuation lesion"], Concepts = ["liver abnormality"], Places = LiverSegments, At = "in {place}", Size = new(5, 34), Weight = 2, Rank = 2, Course = FindingCourse.Lesion, MinAge = 35, Most = 2, Diagnoses = ["a cyst or hemangioma", "metastasis", "a hemangioma"], AdviceChance = 1,
                Says = ["{there} {size} {x} in {place} of the liver{since}.", "{size} {x} in hepatic {place}{since}.", "{new} {size} {x} {is} seen in hepatic {place}."], Ends = ["{size} {x} in hepatic {place}{since}{dx}.", "{new} {x} in {place} of the liver{dx}.", "{there} {size} {x} in hepatic {place}{since}{dx}."], Advice = s => s.IsStable || s.Largest < 10 ? null : Advice.LiverMr },
            new("cirrhosis") { Nouns = ["~nodular contour of the liver", "~nodularity of the hepatic contour"], Concepts = ["liver abnormality"], Weight = 1.4, MinAge = 35, Rank = 2, Diagnoses = ["cirrhosis"], Says = ["There is {x}{since}.", "{x} with caudate hypertrophy{since}.", "{new} {x}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
            new("liver metastases") { Nouns = ["#hypoattenuating masses", "#hypodense masses", "#liver masses"], Concepts = ["liver abnormality"], Size = new(18, 70), Weight = 1, MinAge = 40, Rank = 3, Course = FindingCourse.Lesion, Excludes = ["hypoattenuating liver lesion"], Diagnoses = ["metastatic disease"], AdviceChance = 0.5, Says = ["Multiple {x} throughout the liver, the largest measuring {size}{since}.", "There are numerous {new} {x} in both hepatic lobes, up to {size}."], Ends = ["Multiple {x} up to {size}{since}{dx}.", "Numerous {new} {x}{dx}."], Advice = s => s.Change is EntityChange.NotCompared or EntityChange.New ? Advice.TissueSampling : null },
        ],
    };

    public static readonly ReportOrgan Biliary = new("Gallbladder and bile ducts")
    {
        Normals =
        [
            new(["gallbladder abnormality", "biliary dilatation"], ["The gallbladder and bile ducts are unremarkable.", "Gallbladder is unremarkable, without biliary ductal dilatation.", "Normal gallbladder. No biliary dilatation."]),
            new(["biliary dilatation"], ["No intrahepatic or extrahepatic biliary dilatation.", "There is no biliary ductal dilatation.", "The bile ducts are normal in caliber."]) { Chance = 0.45 },
        ],
        Findings =
        [
            new("cholelithiasis") { Nouns = ["~cholelithiasis", "#gallstones", "#layering gallstones"], Concepts = ["gallbladder abnormality"], Weight = 3, Rank = 1, Says = ["{x} without gallbladder wall thickening{since}.", "There {is} {x} without wall thickening{since}.", "{new} {x} {is} present, without pericholecystic fluid."], Ends = ["{x}{since}.", "{new} {x}.", "Uncomplicated {x}{since}.", "{there} {x}{since}."], Excludes = ["acute cholecystitis"] },
            new("acute cholecystitis") { Kinds = ["~gallbladder wall thickening with pericholecystic stranding", "~gallbladder distention with wall thickening and pericholecystic fluid"], Concepts = ["gallbladder abnormality"], Weight = 1.5, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["acute cholecystitis"], Says = ["There is {x}{since}.", "{x} in the setting of gallstones{since}.", "{new} {x}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Surgery },
            new("cholecystectomy") { Nouns = ["~cholecystectomy"], Concepts = ["gallbladder abnormality"], Excludes = ["gallbladder abnormality"], Weight = 3, MinAge = 25, Rank = 0, Course = FindingCourse.Fixed, Says = ["Status post {x}.", "The gallbladder is surgically absent after {x}.", "Prior {x} with surgical clips in the gallbladder fossa."] },
            new("biliary dilatation") { Nouns = ["~dilatation of the common bile duct"], Size = new(9, 18), Weight = 1.2, Rank = 2, Course = FindingCourse.Acute, Says = ["{x} to {size}{since}.", "There is {x}, which measures {size}{since}.", "{new} {x}, {size} in caliber."], Ends = ["{x} measuring {size}{since}.", "{new} {x} to {size}.", "{there} {x} measuring {size}{since}."], Advice = s => s.IsStable ? null : Advice.Laboratory },
        ],
    };

    public static readonly ReportOrgan Pancreas = new("Pancreas")
    {
        Negatives = [new("acute pancreatitis", "peripancreatic inflammation", "peripancreatic stranding")],
        Normals = [new(["pancreatic abnormality"], ["The pancreas is unremarkable.", "Normal pancreas.", "The pancreas is normal without ductal dilatation.", "Pancreas is unremarkable, without mass."])],
        Findings =
        [
            new("acute pancreatitis") { Kinds = ["~peripancreatic fat stranding", "~peripancreatic stranding and fluid"], Concepts = ["pancreatic abnormality"], Grades = Extent, Weight = 1.5, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["acute interstitial pancreatitis", "acute pancreatitis"], Says = ["There is {grade} {x}{since}.", "{grade} {x}{since}, without parenchymal necrosis.", "{new} {grade} {x}."], Ends = ["{grade} {x}{since}{dx}.", "{new} {x}{dx}.", "{there} {grade} {x}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Laboratory, Contrast = true },
            new("pancreatic cyst") { Nouns = ["cystic lesion", "cyst"], Concepts = ["pancreatic abnormality"], Places = ["pancreatic head", "uncinate process", "pancreatic body", "pancreatic tail"], Size = new(5, 26), Weight = 1.4, MinAge = 45, Rank = 2, Course = FindingCourse.Lesion, Diagnoses = ["a side-branch intraductal papillary mucinous neoplasm"], AdviceChance = 1, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {place} {x} measuring {size}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."], Advice = s => s.Largest >= 20 || s.Change == EntityChange.Increased ? Advice.PancreaticEus : Advice.PancreaticMr },
            new("pancreatic mass") { Kinds = ["hypoenhancing mass", "mass"], Concepts = ["pancreatic abnormality"], Places = ["pancreatic head", "pancreatic body", "pancreatic tail"], Size = new(18, 52, 2), Weight = 0.7, MinAge = 50, Rank = 3, Course = FindingCourse.Lesion, Contrast = true, Diagnoses = ["pancreatic adenocarcinoma"], Says = ["{size} {x} in the {place} with upstream ductal dilatation{since}.", "{there} {new} {size} {x} in the {place}.", "{there} {size} {x} in the {place} with upstream ductal dilatation{since}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."], Advice = s => s.Change is EntityChange.NotCompared or EntityChange.New ? Advice.PancreaticEus : null },
            new("pancreatic atrophy") { Kinds = ["~fatty atrophy of the pancreas", "~atrophy of the pancreas"], Grades = Mild, Weight = 1.5, MinAge = 60, Concepts = ["pancreatic abnormality"], Rank = 0, Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
        ],
    };

    public static readonly ReportOrgan Spleen = new("Spleen")
    {
        Normals = [new(["splenic abnormality"], ["The spleen is normal in size.", "Spleen is unremarkable.", "Normal spleen.", "The spleen is unremarkable."])],
        Findings =
        [
            new("splenomegaly") { Nouns = ["~splenomegaly", "~enlargement of the spleen"], Concepts = ["splenic abnormality"], Size = new(131, 185), Weight = 1.6, Rank = 1, Says = ["{x}, with the spleen measuring {size}{since}.", "There is {x}, {size} in length{since}.", "{new} {x} to {size}."], Ends = ["{x} measuring {size}{since}.", "{new} {x}.", "{there} {x} measuring {size}{since}."] },
            new("accessory spleen") { Nouns = ["accessory spleen", "splenule"], Size = new(7, 19), Weight = 1, Rank = 0, Course = FindingCourse.Fixed, Says = ["{size} {x} near the splenic hilum.", "{there} {size} {x}.", "{there} {size} {x} near the splenic hilum."] },
        ],
    };

    public static readonly ReportOrgan Adrenals = new("Adrenals")
    {
        Normals = [new(["adrenal abnormality"], ["The adrenal glands are unremarkable.", "Adrenals are normal.", "Normal adrenal glands.", "No adrenal nodule."])],
        Findings =
        [
            new("adrenal nodule") { Concepts = ["adrenal abnormality"], Side = FindingSide.Either, Size = new(8, 38), Weight = 2, MinAge = 40, Rank = 1, Course = FindingCourse.Lesion, Traits = [new("density", "low-attenuation", "indeterminate", "fat-containing")], AdviceChance = 1,
                Says = ["{size} {density} {side} {x}{since}.", "{there} {new} {size} {density} {side} {x}."], Ends = ["{size} {density} {side} {x}{since}.", "{new} {side} {x} measuring {size}, {density}.", "{there} {size} {density} {side} {x}{since}."], Advice = s => s.Change == EntityChange.Increased || (s.Trait("density") == "indeterminate" && !s.IsStable && s.Largest >= 10) ? Advice.AdrenalCt : Advice.NoFollowUp },
            new("adrenal thickening") { Nouns = ["~adrenal thickening", "~adrenal hyperplasia"], Concepts = ["adrenal abnormality"], Side = FindingSide.EitherOrBoth, Grades = Mild, Weight = 1, Rank = 0, Says = ["{grade} {side} {x}{since}.", "There is {grade} {side} {x}{since}.", "{new} {grade} {side} {x}.", "{there} {grade} {side} {x}{since}."] },
        ],
    };

    public static readonly ReportOrgan Vessels = new("Vessels")
    {
        Normals = [new(["aortic aneurysm"], ["The abdominal aorta is normal in caliber.", "No abdominal aortic aneurysm.", "Normal caliber of the abdominal aorta.", "The aorta is nonaneurysmal."])],
        Findings =
        [
            new("abdominal aortic aneurysm") { Nouns = ["infrarenal abdominal aortic aneurysm", "abdominal aortic aneurysm"], Concepts = ["aortic aneurysm"], Size = new(31, 62), Weight = 1.4, MinAge = 58, Rank = 2, Course = FindingCourse.Chronic, AdviceChance = 1, Says = ["{there} {size} {x}{since}.", "{x} measuring {size}{since}.", "{a} {new} {x} {is} present, {size} in maximal diameter."], Ends = ["{size} {x}{since}.", "{new} {x} measuring {size}.", "{there} {size} {x}{since}."], Advice = s => s.Largest >= 50 ? Advice.VascularSurgery : s.Largest >= 40 ? Advice.AorticYear : Advice.AorticUltrasound },
            new("aortoiliac atherosclerosis") { Nouns = ["~aortoiliac atherosclerosis", "#atherosclerotic calcifications of the aorta and iliac arteries", "~atherosclerosis of the abdominal aorta"], Grades = Stenosis, Weight = 3.5, MinAge = 52, Rank = 0, Says = ["{grade} {x}{since}.", "There {is} {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
        ],
    };

    public static readonly ReportOrgan Nodes = new("Peritoneum and lymph nodes")
    {
        Normals = [new(["lymphadenopathy"], ["No enlarged abdominal or pelvic lymph nodes.", "No lymphadenopathy.", "No pathologically enlarged lymph nodes are seen.", "No retroperitoneal or mesenteric lymphadenopathy."])],
        Negatives = [new("ascites", "free fluid", "ascites"), new("free air", "free air", "pneumoperitoneum"), new("abscess", "drainable fluid collection", "fluid collection")],
        Findings =
        [
            new("ascites") { Nouns = ["~ascites", "~free fluid", "~intraperitoneal free fluid"], Grades = Amount, Weight = 2, Rank = 2, Course = FindingCourse.Acute, Acute = true, Says = ["There is {grade} volume {x}{since}.", "{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} volume {x}{since}.", "{new} {grade} {x}.", "{there} {grade} volume {x}{since}."] },
            new("retroperitoneal lymphadenopathy") { Nouns = ["lymph node"], Concepts = ["lymphadenopathy"], Places = ["para-aortic", "aortocaval", "mesenteric", "right external iliac", "left external iliac"], At = "in the {place} region", Size = new(11, 36), Weight = 1.5, Rank = 2, Course = FindingCourse.Lesion, Most = 2, Says = ["Enlarged {place} {x} measuring {size} in short axis{since}.", "{there} {new} {place} {x}, {size} in short axis.", "{new} {place} {x}, {size} in short axis."], Ends = ["Enlarged {place} {x}, {size}{since}.", "{new} {place} lymphadenopathy up to {size}.", "{there} {new} {place} lymphadenopathy up to {size}."], Advice = s => s.IsStable ? null : Advice.Oncology },
            new("free air") { Nouns = ["~free intraperitoneal air", "~pneumoperitoneum"], Weight = 0.5, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["perforated viscus"], Says = ["There is {x}{since}.", "{new} {x} under the anterior abdominal wall.", "{x} is present{since}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Surgery },
            new("ventral hernia") { Kinds = ["fat-containing umbilical hernia", "fat-containing ventral hernia", "fat-containing inguinal hernia"], Grades = ["small", "moderate"], Weight = 2.2, Rank = 0, Says = ["{grade} {x}{since}.", "{there} {grade} {x}{since}.", "{new} {grade} {x}."] },
        ],
    };

    public static readonly ReportOrgan Bones = new("Bones")
    {
        Normals = [new(["acute osseous abnormality", "bone lesion"], ["No acute osseous abnormality.", "No suspicious osseous lesion.", "The bones are unremarkable.", "No aggressive bone lesion or acute fracture."])],
        Findings =
        [
            new("lumbar spondylosis") { Nouns = ["#degenerative changes", "~spondylosis", "~multilevel degenerative disc disease"], Grades = Stenosis, Weight = 4, MinAge = 42, Rank = 0, Says = ["{grade} {x} of the lumbar spine{since}.", "There {is} {grade} {x} in the lumbar spine{since}.", "{new} {grade} {x} of the spine."] },
            new("lytic bone lesion") { Nouns = ["lytic lesion", "destructive lesion"], Concepts = ["bone lesion"], Places = ["L2 vertebral body", "L4 vertebral body", "right iliac bone", "left iliac bone", "sacrum"], Size = new(10, 42), Weight = 0.7, MinAge = 45, Rank = 3, Course = FindingCourse.Lesion, Diagnoses = ["metastasis", "metastasis or myeloma"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{x} in the {place}{since}{dx}.", "{new} {size} {x} in the {place}{dx}.", "{there} {x} in the {place}{since}{dx}."] },
            new("lumbar compression fracture") { OldNouns = ["chronic compression fracture", "chronic compression deformity"], Nouns = ["compression fracture", "compression deformity"], Concepts = ["acute osseous abnormality"], Places = ["T12", "L1", "L2", "L3"], At = "of {place}", Grades = Mild, Traits = [new("age", "chronic", "age-indeterminate")], Weight = 1.4, MinAge = 60, Rank = 1, Course = FindingCourse.Injury, Says = ["{grade} {age} {x} {at}{since}.", "{there} {new} {grade} {age} {x} {at}."], Ends = ["{grade} {age} {x} {at}{since}.", "{new} {age} {x} {at}.", "{there} {grade} {age} {x} {at}{since}."], Advice = s => s.IsStable ? null : Advice.Densitometry },
            new("hip prosthesis") { Nouns = ["total hip arthroplasty"], Side = FindingSide.Either, Weight = 1, MinAge = 58, Rank = 0, Course = FindingCourse.Fixed, Says = ["{side} {x} with streak artifact in the pelvis.", "{there} {side} {x}.", "{there} {side} {x} with streak artifact in the pelvis."] },
        ],
    };
}
